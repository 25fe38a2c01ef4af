// Letting somebody write again, with the reason.
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import type { Mute } from './contract';
import { ReasonField } from './Deciding';
import css from './Moderation.module.css';
import { liftMute } from './queries';

export function LiftDialog({ mute, close }: { mute: Mute; close: () => void }) {
  const { t } = useTranslation(['moderation', 'common']);
  const errorText = useErrorText();
  const [reason, setReason] = useState('');
  const lift = useMutation({
    mutationFn: () => liftMute(mute, reason.trim()),
    onSuccess: () => {
      toast({ text: t('room.done.unmute') });
      close();
    },
  });
  return (
    <Dialog title={t('room.ask.unmute', { name: mute.name })} close={close}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!lift.isPending) lift.mutate();
        }}
      >
        <p>{t('room.means.unmute')}</p>
        <ReasonField value={reason} set={setReason} needed={false} left={false} />
        {lift.isError && <Note tone="bad">{errorText(lift.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={lift.isPending}>
            {t('room.do.unmute')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
