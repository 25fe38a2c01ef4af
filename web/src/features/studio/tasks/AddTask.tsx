// A new task: its name and what kind of answer it asks for. It opens in its editor.
import { Button, Modal, Radio, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { intentKey } from '~/api/client';
import { isApiError } from '~/api/error';
import { type TaskKind, taskKinds } from '~/features/tasks/contract';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText, useFieldText } from '~/ui/useErrorText';
import { freshTask } from './fresh';
import { addTask } from './studioTasks';
import css from './TaskEditor.module.css';

type Props = { course: { id: string }; module: string; lesson: string | null; close: () => void };

export function AddTask({ course, module, lesson, close }: Props) {
  const { t } = useTranslation(['taskEditor', 'common']);
  const errorText = useErrorText();
  const fieldText = useFieldText();
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [kind, setKind] = useState<TaskKind>('number');
  const [tried, setTried] = useState(false);
  const sent = useRef<{ said: string; key: string; task: ReturnType<typeof freshTask> } | undefined>(
    undefined,
  );
  const make = useMutation({
    mutationFn: () => {
      const said = `${kind} ${title.trim()}`;
      // Pressed again because the reply was lost: the same task, not a second one.
      const first =
        sent.current?.said === said ? sent.current : { said, key: intentKey(), task: freshTask(kind) };
      sent.current = first;
      return addTask(course.id, module, { lesson_id: lesson, title: title.trim(), ...first.task }, first.key);
    },
    onSuccess: ({ id }) => {
      close();
      void navigate({ to: '/studio/tasks/$taskId', params: { taskId: id } });
    },
  });
  const problem = isApiError(make.error) ? make.error.field('title') : undefined;
  const theirs = problem && fieldText(problem);
  return (
    <Modal
      opened
      onClose={close}
      radius="xl"
      title={t(lesson ? 'addToLesson' : 'addToTopic')}
      closeButtonProps={{ 'aria-label': t('common:close') }}
    >
      <form
        className={css.addForm}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (title.trim() && !make.isPending) make.mutate();
        }}
      >
        <TextInput
          label={t('title')}
          value={title}
          maxLength={200}
          data-autofocus
          {...asTyped(title)}
          error={theirs ?? (tried && !title.trim() ? t('titleMissing') : undefined)}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Radio.Group label={t('kindLabel')} value={kind} onChange={(next) => setKind(next as TaskKind)}>
          <div className={css.kinds}>
            {taskKinds.map((name) => (
              <Radio
                key={name}
                value={name}
                label={t(`kindHead.${name}`)}
                description={t(`kindHelp.${name}`)}
              />
            ))}
          </div>
        </Radio.Group>
        {make.isError && !theirs && <Note tone="bad">{errorText(make.error)}</Note>}
        <div className={css.dialog}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={make.isPending}>
            {t('add')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
