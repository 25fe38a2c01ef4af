// The filters of the catalogue. One value a facet; choosing it again takes it away.
import { Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { localeNames, locales } from '~/i18n/format';
import { useFormat, useLocale } from '~/ui/useFormat';
import css from './CataloguePage.module.css';
import { type Category, categoriesQuery } from './queries';
import { type CatalogueSearch, levels, type Track, tracks } from './search';

type Props = { search: CatalogueSearch; change: (next: CatalogueSearch) => void; categories: Category[] };

const FIRST = 8;

export function Facets({ search, change, categories }: Props) {
  const { t } = useTranslation('courses');
  const format = useFormat();
  const [all, setAll] = useState(false);
  const toggle = <K extends keyof CatalogueSearch>(key: K, value: CatalogueSearch[K]) => {
    const { [key]: now, ...rest } = search;
    change(now === value ? rest : { ...search, [key]: value });
  };
  const tree = ordered(categories);
  const shown = all ? tree : tree.slice(0, FIRST);
  return (
    <div className={css.facets}>
      {tree.length > 0 && (
        <Facet title={t('catalogue.category')}>
          {shown.map(({ category, depth }) => (
            <Choice
              key={category.id}
              label={category.name[format.locale]}
              count={category.courses}
              depth={depth}
              on={search.category === category.slug}
              toggle={() => toggle('category', category.slug)}
            />
          ))}
          {shown.length < tree.length && (
            <button type="button" className="link meta" onClick={() => setAll(true)}>
              {t('catalogue.moreCategories')}
            </button>
          )}
        </Facet>
      )}
      <Facet title={t('catalogue.price')}>
        <Choice
          label={t('catalogue.onlyFree')}
          on={search.free === true}
          toggle={() => toggle('free', true)}
        />
      </Facet>
      <Facet title={t('catalogue.level')}>
        {levels.map((level) => (
          <Choice
            key={level}
            label={t(`level.${level}`)}
            on={search.level === level}
            toggle={() => toggle('level', level)}
          />
        ))}
      </Facet>
      <Facet title={t('catalogue.language')}>
        {locales.map((language) => (
          <Choice
            key={language}
            label={localeNames[language]}
            on={search.language === language}
            toggle={() => toggle('language', language)}
          />
        ))}
      </Facet>
      <Facet title={t('catalogue.track')}>
        {tracks.map((track) => (
          <Choice
            key={track}
            label={trackName(track)}
            on={search.track === track}
            toggle={() => toggle('track', track)}
          />
        ))}
      </Facet>
    </div>
  );
}

function Facet({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className={css.facet}>
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

type ChoiceProps = { label: string; on: boolean; toggle: () => void; count?: number; depth?: number };

function Choice({ label, on, toggle, count, depth = 0 }: ChoiceProps) {
  const format = useFormat();
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is Mantine's checkbox.
    <label className={css.choice} style={{ paddingInlineStart: depth * 20 }}>
      <Checkbox size="xs" checked={on} onChange={toggle} />
      <span className="grow">
        <bdi>{label}</bdi>
      </span>
      {count !== undefined && <span className={css.count}>{format.number(count)}</span>}
    </label>
  );
}

/** "60+" with a mark that keeps the plus behind the number in right-to-left text. */
const trackName = (track: Track) => `\u200e${track}+`;

/** Parents by their position, each followed by its children. */
export function ordered(categories: Category[]): { category: Category; depth: number }[] {
  const of = (parent: string | null) =>
    categories.filter((item) => item.parent_id === parent).sort((a, b) => a.position - b.position);
  const walk = (parent: string | null, depth: number): { category: Category; depth: number }[] =>
    of(parent).flatMap((category) => [{ category, depth }, ...walk(category.id, depth + 1)]);
  return walk(null, 0);
}

/** The filters that are on, by the names that people see. */
export function useFilterNames(search: CatalogueSearch): { key: keyof CatalogueSearch; name: string }[] {
  const { t } = useTranslation('courses');
  const locale = useLocale();
  const categories = useQuery(categoriesQuery);
  const names: { key: keyof CatalogueSearch; name: string }[] = [];
  if (search.category) {
    const category = categories.data?.items.find((item) => item.slug === search.category);
    names.push({ key: 'category', name: category?.name[locale] ?? search.category });
  }
  if (search.free) names.push({ key: 'free', name: t('catalogue.onlyFree') });
  if (search.level) names.push({ key: 'level', name: t(`level.${search.level}`) });
  if (search.language) names.push({ key: 'language', name: localeNames[search.language] });
  if (search.track) names.push({ key: 'track', name: trackName(search.track) });
  return names;
}
