// Letting somebody write or enter again, with the reason.
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { ReasonField } from './Deciding';
import css from './Moderation.module.css';

type Props = {
  deed: 'unmute' | 'unban';
  /** Whom it concerns. */
  name: string;
  lift: (reason: string) => Promise<void>;
  close: () => void;
};

export function LiftDialog({ deed, name, lift, close }: Props) {
  const { t } = useTranslation(['moderation', 'common']);
  const errorText = useErrorText();
  const [reason, setReason] = useState('');
  const [left, setLeft] = useState(false);
  const work = useMutation({
    mutationFn: () => lift(reason.trim()),
    onSuccess: () => {
      toast({ text: t(`room.done.${deed}`) });
      close();
    },
  });
  return (
    <Dialog title={t(`room.ask.${deed}`, { name })} close={close}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          setLeft(true);
          if (reason.trim() && !work.isPending) work.mutate();
        }}
      >
        <p>{t(`room.means.${deed}`)}</p>
        <ReasonField value={reason} set={setReason} needed left={left} />
        {work.isError && <Note tone="bad">{errorText(work.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={work.isPending}>
            {t(`room.do.${deed}`)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
