// A module: its name and the homework for the whole of it. What is typed saves itself.
import { Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import css from './Builder.module.css';
import { Conflict } from './Conflict';
import { moduleDraft, useDraft } from './drafts';
import type { StudioCourse, StudioModule } from './queries';
import { useFault } from './useFault';

export function ModuleEditor({ course, module }: { course: StudioCourse; module: StudioModule }) {
  const { t } = useTranslation('studio');
  const errorText = useErrorText();
  const draft = moduleDraft(course.id, module);
  const { unsaved, status, error } = useDraft(draft);
  const value = { title: module.title, homework: module.homework, ...unsaved };
  const fault = useFault(status, error);
  const named = ['title', 'homework'].some(fault);
  return (
    <section className={css.editor} aria-label={t('moduleHead')}>
      <h2>{t('moduleHead')}</h2>
      <TextInput
        label={t('moduleTitle')}
        value={value.title}
        maxLength={200}
        {...asTyped(value.title)}
        error={fault('title') ?? (value.title.trim() ? undefined : t('titleMissing'))}
        onChange={(event) => draft.set({ title: event.currentTarget.value })}
      />
      <Textarea
        label={t('moduleHomework')}
        description={t('homeworkHelp')}
        value={value.homework ?? ''}
        autosize
        minRows={3}
        maxLength={10_000}
        {...asTyped(value.homework)}
        error={fault('homework')}
        onChange={(event) => draft.set({ homework: event.currentTarget.value || null })}
      />
      {status === 'refused' && !named && <Note tone="bad">{errorText(error)}</Note>}
      {status === 'conflict' && <Conflict draft={draft} what={module.title} />}
    </section>
  );
}
