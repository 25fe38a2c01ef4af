// A module, which is a topic: its name, when it opens, the homework for the whole of it, its tasks. What is typed saves
// itself.
import { Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { TopicChanges } from '~/features/tasks/TopicChanges';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { Conflict } from './Conflict';
import { moduleDraft, useDraft } from './drafts';
import type { StudioCourse, StudioModule } from './queries';
import { localMoment, momentOf } from './tasks/moment';
import { TaskList } from './tasks/TaskList';
import { useFault } from './useFault';

export function ModuleEditor({ course, module }: { course: StudioCourse; module: StudioModule }) {
  const { t } = useTranslation(['studio', 'taskEditor', 'tasks']);
  const format = useFormat();
  const errorText = useErrorText();
  const draft = moduleDraft(course.id, module);
  const { unsaved, status, error } = useDraft(draft);
  const value = {
    title: module.title,
    homework: module.homework,
    opens_at: module.opens_at,
    ...unsaved,
  };
  const fault = useFault(status, error);
  const named = ['title', 'homework', 'opens_at'].some(fault);
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
      <TextInput
        className={css.half ?? ''}
        type="datetime-local"
        label={t('taskEditor:opensAt')}
        description={t('taskEditor:opensAtHelp', { zone: format.zone })}
        value={value.opens_at ? localMoment(value.opens_at, format.zone) : ''}
        error={fault('opens_at')}
        onChange={(event) => {
          const typed = event.currentTarget.value;
          const opens_at = momentOf(typed, format.zone);
          // Half a date is none yet: only an emptied field takes the time away.
          if (opens_at || !typed) draft.set({ opens_at });
        }}
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
      <TaskList course={course} module={module.id} lesson={null} />
      <section className={css.stack} aria-labelledby="changes">
        <h3 id="changes">{t('tasks:topic.changes')}</h3>
        <TopicChanges topicId={module.id} />
      </section>
      {status === 'conflict' && <Conflict draft={draft} what={module.title} />}
    </section>
  );
}
