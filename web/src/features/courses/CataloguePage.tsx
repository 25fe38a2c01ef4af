// The catalogue: facets beside the results, everything in the address, one more page at a time.
import { Button, Drawer, Menu } from '@mantine/core';
import {
  IconAdjustmentsHorizontal,
  IconBook2,
  IconChevronDown,
  IconX,
  IconZoomExclamation,
} from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '~/ui/LinkButton';
import { More } from '~/ui/More';
import { Failed, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import css from './CataloguePage.module.css';
import { CardGrid, CardSkeletons } from './CourseCard';
import { Facets, useFilterNames } from './Facets';
import { catalogueQuery, categoriesQuery, tracksQuery } from './queries';
import { type CatalogueSearch, countFilters, type Sort, sorts } from './search';
import { Topics } from './Tracks';

const route = getRouteApi('/catalogue');

export function CataloguePage() {
  const { t } = useTranslation(['courses', 'common']);
  const format = useFormat();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const courses = useInfiniteQuery(catalogueQuery(search));
  const categories = useQuery(categoriesQuery);
  const [filtersOpen, setFiltersOpen] = useState(false);
  const title = search.q ? t('catalogue.for', { q: search.q }) : t('catalogue.title');
  useTitle(title);

  const change = (next: CatalogueSearch) => void navigate({ search: next, resetScroll: false });
  const found = courses.data?.pages.flatMap((page) => page.items) ?? [];
  const filters = countFilters(search);

  return (
    <div className={`page ${css.catalogue}`}>
      <h1 className={css.title}>{title}</h1>
      {search.track && <TrackHead track={search.track} />}
      <div className={css.tools}>
        <Chips search={search} change={change} />
        <Button
          className={`only-phone ${css.filtersButton}`}
          variant="default"
          size="sm"
          leftSection={<IconAdjustmentsHorizontal size={18} stroke={1.75} aria-hidden />}
          onClick={() => setFiltersOpen(true)}
        >
          {filters > 0
            ? t('catalogue.filtersCount', { value: format.number(filters) })
            : t('catalogue.filters')}
        </Button>
        <SortMenu search={search} change={change} />
      </div>
      <div className={css.split}>
        <aside className="only-wide" aria-label={t('catalogue.filters')}>
          <Facets search={search} change={change} categories={categories.data?.items ?? []} />
        </aside>
        <div>
          {courses.isError && found.length === 0 ? (
            <Failed error={courses.error} retry={() => void courses.refetch()} />
          ) : (
            <Waiting
              pending={courses.isPending}
              label={t('card.loading')}
              skeleton={<CardSkeletons count={9} list />}
            >
              {found.length === 0 ? (
                <Nothing search={search} change={change} />
              ) : (
                <CardGrid courses={found} />
              )}
            </Waiting>
          )}
          <More of={courses} className={css.more} />
          {courses.isFetchNextPageError && (
            <Failed error={courses.error} retry={() => void courses.fetchNextPage()} />
          )}
        </div>
      </div>
      <Drawer
        opened={filtersOpen}
        onClose={() => setFiltersOpen(false)}
        position="bottom"
        size="85%"
        title={t('catalogue.filters')}
        closeButtonProps={{ 'aria-label': t('common:close') }}
      >
        <Facets search={search} change={change} categories={categories.data?.items ?? []} />
        <Button fullWidth size="lg" className={css.show ?? ''} onClick={() => setFiltersOpen(false)}>
          {t('catalogue.show')}
        </Button>
      </Drawer>
    </div>
  );
}

/** What the chosen track is for, and the topics of its courses. */
function TrackHead({ track }: { track: 60 | 80 }) {
  const { t } = useTranslation('courses');
  const courses = useQuery(tracksQuery).data?.items.find((one) => one.track === track)?.courses ?? [];
  return (
    <div className={css.track}>
      <p>{t(`home.track${track}Text`)}</p>
      <Topics topics={[...new Set(courses.flatMap(({ topics }) => topics))]} />
    </div>
  );
}

type Filtered = { search: CatalogueSearch; change: (next: CatalogueSearch) => void };

function Chips({ search, change }: Filtered) {
  const { t } = useTranslation(['courses', 'common']);
  const names = useFilterNames(search);
  if (names.length === 0) return <span className="grow only-wide" />;
  return (
    <div className={`row wrap grow ${css.chips}`}>
      {names.map(({ key, name }) => (
        <button
          key={key}
          type="button"
          className={css.chip}
          aria-label={t('catalogue.removeFilter', { filter: name })}
          onClick={() => change(without(search, key))}
        >
          <bdi>{name}</bdi>
          <IconX size={14} stroke={1.75} aria-hidden />
        </button>
      ))}
      <button type="button" className="link meta" onClick={() => change(search.q ? { q: search.q } : {})}>
        {t('catalogue.reset')}
      </button>
    </div>
  );
}

export function without(search: CatalogueSearch, key: keyof CatalogueSearch): CatalogueSearch {
  const { [key]: _removed, ...rest } = search;
  return rest;
}

const sortWords = { newest: 'sortNewest', popular: 'sortPopular', price: 'sortPrice' } as const;

function SortMenu({ search, change }: Filtered) {
  const { t } = useTranslation(['courses', 'common']);
  const current: Sort = search.sort ?? 'newest';
  return (
    <Menu position="bottom-end" shadow="sm">
      <Menu.Target>
        <button type="button" className={css.sort}>
          <span className="mut">{t('catalogue.sort')}</span>
          <b className="medium">{t(`catalogue.${sortWords[current]}`)}</b>
          <IconChevronDown size={16} stroke={1.75} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {sorts.map((sort) => (
          <Menu.Item
            key={sort}
            aria-current={sort === current ? 'true' : undefined}
            onClick={() => change({ ...search, sort })}
          >
            {t(`catalogue.${sortWords[sort]}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** An empty result offers the way out: the last filter, or the whole catalogue. */
function Nothing({ search, change }: Filtered) {
  const { t } = useTranslation(['courses', 'common']);
  const last = useFilterNames(search).at(-1);
  if (!last && !search.q) {
    return (
      <State icon={<IconBook2 size={28} stroke={1.5} />} title={t('empty.first')}>
        {t('empty.firstText')}
      </State>
    );
  }
  return (
    <State
      icon={<IconZoomExclamation size={28} stroke={1.5} />}
      title={t('empty.filtered')}
      action={
        last ? (
          <Button variant="default" onClick={() => change(without(search, last.key))}>
            {t('empty.remove', { filter: last.name })}
          </Button>
        ) : (
          <LinkButton to="/catalogue" variant="default">
            {t('home.whole')}
          </LinkButton>
        )
      }
    >
      {t('empty.filteredText')}
    </State>
  );
}
