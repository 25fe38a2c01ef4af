// After a key was mended: how many answers it judges better than they were judged, and the way to have them judged anew.
import { Button, TextInput } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StudioTask } from '~/features/tasks/contract';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { regrade } from './studioTasks';
import css from './TaskEditor.module.css';

/** Answers that a person grades are not judged by a key, and a first version has none behind it. */
export const isJudgedByKey = (task: Pick<StudioTask, 'kind' | 'version'>): boolean =>
  task.version > 1 && task.kind !== 'free' && task.kind !== 'file';

export function Regrade({ task }: { task: StudioTask }) {
  const { t } = useTranslation('taskEditor');
  const format = useFormat();
  const errorText = useErrorText();
  const [reason, setReason] = useState('');
  const look = useMutation({ mutationFn: () => regrade(task.id, false, '') });
  const act = useMutation({ mutationFn: () => regrade(task.id, true, reason.trim()) });
  const found = look.data;
  if (act.isSuccess) return <Note tone="ok">{t('regrade.begun')}</Note>;
  return (
    <section className={css.regrade} aria-label={t('regrade.title')}>
      <p className="small mut">{t('regrade.text')}</p>
      {found && found.better > 0 ? (
        <form
          className={css.regrade}
          onSubmit={(event) => {
            event.preventDefault();
            if (!act.isPending) act.mutate();
          }}
        >
          <p role="status">
            {t('regrade.found', { better: format.number(found.better), right: format.number(found.right) })}
          </p>
          <TextInput
            label={t('regrade.reason')}
            value={reason}
            maxLength={500}
            {...asTyped(reason)}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Button type="submit" size="xs" loading={act.isPending}>
            {t('regrade.do')}
          </Button>
        </form>
      ) : (
        <>
          {found && <p role="status">{t('regrade.none')}</p>}
          <Button
            size="xs"
            variant="default"
            loading={look.isPending}
            leftSection={<IconRefresh size={16} stroke={1.75} aria-hidden />}
            onClick={() => look.mutate()}
          >
            {t('regrade.look')}
          </Button>
        </>
      )}
      {(look.isError || act.isError) && <Note tone="bad">{errorText(act.error ?? look.error)}</Note>}
    </section>
  );
}
