// What the course page says: title, sentence, description, category, level, language, gains, needs, cover, trailer.
import { MultiSelect, SegmentedControl, Select, Skeleton, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { type Category, categoriesQuery } from '~/features/courses/queries';
import { isLocale } from '~/i18n';
import { direction, localeNames, locales } from '~/i18n/format';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useLocale } from '~/ui/useFormat';
import css from './Builder.module.css';
import { CoverPart } from './CoverPart';
import { courseDraft, useDraft } from './drafts';
import { Points } from './Points';
import { type StudioCourse, skillsQuery } from './queries';
import { useFault } from './useFault';
import { VideoPart } from './VideoPart';

const RichEditor = lazy(() => import('./RichEditor').then((file) => ({ default: file.RichEditor })));
const levels = ['beginner', 'intermediate', 'advanced', 'all'] as const;

export function DescriptionTab({ course }: { course: StudioCourse }) {
  const { t } = useTranslation('studio');
  const errorText = useErrorText();
  const locale = useLocale();
  const draft = courseDraft(course);
  const { unsaved, status, error } = useDraft(draft);
  const categories = useQuery(categoriesQuery);
  const skills = useQuery(skillsQuery);
  const value = { ...course, skill_ids: course.skills, ...unsaved };
  const fault = useFault(status, error);
  return (
    <div className={css.form}>
      <TextInput
        id="field-title"
        label={t('courseTitle')}
        description={t('courseTitleHelp')}
        value={value.title ?? ''}
        maxLength={200}
        attributes={{ input: { dir: direction(value.language) } }}
        error={fault('title') ?? (value.title?.trim() ? undefined : t('titleMissing'))}
        onChange={(event) => draft.set({ title: event.currentTarget.value })}
      />
      <TextInput
        label={t('subtitle')}
        description={t('subtitleHelp')}
        value={value.subtitle ?? ''}
        maxLength={300}
        attributes={{ input: { dir: direction(value.language) } }}
        error={fault('subtitle')}
        onChange={(event) => draft.set({ subtitle: event.currentTarget.value })}
      />
      <Suspense fallback={<Skeleton height={230} radius="md" />}>
        <RichEditor
          id="field-description"
          label={t('description')}
          help={t('descriptionHelp')}
          doc={value.description ?? null}
          error={fault('description')}
          change={(doc) => draft.set({ description: doc })}
        />
      </Suspense>
      <div className={css.pair}>
        <Select
          id="field-category"
          label={t('category')}
          placeholder={t('choose')}
          searchable
          data={tree(categories.data?.items ?? [], locale)}
          value={value.category_id ?? null}
          error={fault('category_id')}
          onChange={(id) => draft.set({ category_id: id })}
        />
        <Select
          label={t('language')}
          data={locales.map((code) => ({ value: code, label: localeNames[code] }))}
          value={value.language ?? null}
          allowDeselect={false}
          onChange={(code) => isLocale(code) && draft.set({ language: code })}
        />
      </div>
      <div className={css.field} id="field-level">
        <span className={css.label}>{t('level')}</span>
        <SegmentedControl
          aria-label={t('level')}
          className={css.segments ?? ''}
          value={value.level ?? ''}
          onChange={(picked) => {
            const level = levels.find((name) => name === picked);
            if (level) draft.set({ level });
          }}
          data={levels.map((name) => ({ value: name, label: t(`levels.${name}`) }))}
        />
        {!value.level && <span className="meta mut">{t('levelMissing')}</span>}
      </div>
      <Points
        label={t('learn')}
        help={t('learnHelp')}
        add={t('addPoint')}
        points={value.learn ?? []}
        change={(learn) => draft.set({ learn })}
        fault={(index) => fault(`learn[${index}]`)}
      />
      <Points
        label={t('requirements')}
        help={t('requirementsHelp')}
        add={t('addPoint')}
        points={value.requirements ?? []}
        change={(requirements) => draft.set({ requirements })}
        fault={(index) => fault(`requirements[${index}]`)}
      />
      <MultiSelect
        label={t('skills')}
        description={t('skillsHelp')}
        searchable
        maxValues={20}
        data={(skills.data?.items ?? []).map((skill) => ({ value: skill.id, label: skill.name[locale] }))}
        value={value.skill_ids ?? []}
        error={fault('skill_ids')}
        onChange={(ids) => draft.set({ skill_ids: ids })}
      />
      {status === 'refused' && isApiError(error) && error.fields.length === 0 && (
        <Note tone="bad">{errorText(error)}</Note>
      )}
      <CoverPart course={course} />
      <VideoPart course={course} />
    </div>
  );
}

/** The categories as groups: a top category with those below it. */
function tree(items: readonly Category[], locale: 'uz' | 'ru' | 'en' | 'he') {
  const name = (item: Category) => ({ value: item.id, label: item.name[locale] });
  const tops = items.filter((item) => !item.parent_id).sort((a, b) => a.position - b.position);
  return tops.map((top) => ({
    group: top.name[locale],
    items: [
      name(top),
      ...items
        .filter((item) => item.parent_id === top.id)
        .sort((a, b) => a.position - b.position)
        .map(name),
    ],
  }));
}
