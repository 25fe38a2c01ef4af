// Renaming a topic and setting its time from its own page: for its author, and those who look after all courses (CRS-39).
import { Button, Drawer, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { AddTask } from '~/features/studio/tasks/AddTask';
import { localMoment, momentOf } from '~/features/studio/tasks/moment';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText, useFieldText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import type { Topic } from './contract';
import { saveTopic } from './queries';
import css from './Topic.module.css';
import { TopicChanges } from './TopicChanges';

export function TopicEdit({ topic, close }: { topic: Topic; close: () => void }) {
  const { t } = useTranslation(['tasks', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const fieldText = useFieldText();
  const [title, setTitle] = useState(topic.title);
  const before = topic.opens_at ? localMoment(topic.opens_at, format.zone) : '';
  const [local, setLocal] = useState(before);
  const [adding, setAdding] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      // The field knows minutes only: a time that was not touched stays what it is.
      const opens_at = local === before ? (topic.opens_at ?? null) : momentOf(local, format.zone);
      return saveTopic(topic.id, { title: title.trim(), opens_at });
    },
    onSuccess: () => {
      toast({ text: t('common:saved') });
      close();
    },
  });
  const fault = (name: string) => {
    const found = isApiError(save.error) ? save.error.field(name) : undefined;
    return found && fieldText(found);
  };
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      title={t('topic.edit')}
      closeButtonProps={{ 'aria-label': t('common:close') }}
    >
      <form
        className={css.edit}
        onSubmit={(event) => {
          event.preventDefault();
          if (title.trim() && !save.isPending) save.mutate();
        }}
      >
        <TextInput
          label={t('topic.title')}
          value={title}
          maxLength={200}
          {...asTyped(title)}
          error={fault('title') ?? (title.trim() ? undefined : t('topic.titleMissing'))}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label={t('topic.opensAt')}
          description={t('topic.opensAtHelp', { zone: format.zone })}
          value={local}
          error={fault('opens_at')}
          onChange={(event) => setLocal(event.currentTarget.value)}
        />
        {save.isError && !fault('title') && !fault('opens_at') && (
          <Note tone="bad">{errorText(save.error)}</Note>
        )}
        <div className={css.editActions}>
          <Button type="submit" loading={save.isPending}>
            {t('topic.save')}
          </Button>
          <Button
            variant="default"
            leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            {t('topic.addTask')}
          </Button>
        </div>
      </form>
      <section className={css.part} aria-labelledby="changes">
        <h2 id="changes">{t('topic.changes')}</h2>
        <TopicChanges topicId={topic.id} />
      </section>
      {adding && (
        <AddTask course={topic.course} module={topic.id} lesson={null} close={() => setAdding(false)} />
      )}
    </Drawer>
  );
}
