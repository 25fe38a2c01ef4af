// One act of moderation in a room: mute, ban, lock, slow mode … with its reason. The chat opens it from its menus.
import { Button, Select } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keepsWords } from '~/features/identity/roles';
import { useSession } from '~/features/identity/session';
import { Dialog } from '~/ui/Dialog';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import type { Person, RoomAction, RoomDeed, Scope } from './contract';
import { ReasonField, ScopeField, SpanField, usual } from './Deciding';
import css from './Moderation.module.css';
import { moderateRoom } from './queries';
import { hasScope, hasSpan, needsReason, ofRoom, pauses, type Span, scopesOf } from './rules';

type Props = {
  room: string;
  deed: RoomDeed;
  /** Whom it concerns; not for what concerns the room. */
  user?: Person | undefined;
  /** Whether the room belongs to a course. */
  course: boolean;
  /** The pause of the room now, seconds. */
  slow?: number | undefined;
  close: () => void;
  done?: (() => void) | undefined;
};

export function ModerateDialog({ room, deed, user, course, slow = 0, close, done }: Props) {
  const { t } = useTranslation(['moderation', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const [span, setSpan] = useState<Span>(usual);
  const [scope, setScope] = useState<Scope>('room');
  const [pause, setPause] = useState(slow);
  const [reason, setReason] = useState('');
  const [left, setLeft] = useState(false);
  const scopes = scopesOf(course, keepsWords(useSession().me?.roles));
  const needed = needsReason(deed);
  const letIn = (id: string) => moderateRoom(room, { action: 'unban', user_id: id, reason: reason.trim() });
  const failed = (error: unknown) => toast({ text: errorText(error) });
  const act = useMutation({
    mutationFn: () => {
      const what: RoomAction = { action: deed, reason: reason.trim() };
      if (user) what.user_id = user.id;
      if (hasSpan(deed) && span !== null) what.for_s = span;
      if (hasScope(deed)) what.scope = scope;
      if (deed === 'slow_mode') what.slow_s = pause;
      return moderateRoom(room, what);
    },
    onSuccess: () => {
      toast({
        text: t(`room.done.${deed}`),
        // Who was banned by mistake is let in at once, without a look for them in the list.
        ...(deed === 'ban' && user
          ? { action: { label: t('common:undo'), run: () => void letIn(user.id).catch(failed) } }
          : {}),
      });
      done?.();
      close();
    },
  });
  const hard = deed === 'ban' || deed === 'kick';
  const data = [...new Set([...pauses, slow])].sort((one, two) => one - two);
  return (
    <Dialog title={t(`room.ask.${deed}`, { name: user?.name ?? '' })} close={close}>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          setLeft(true);
          if ((!needed || reason.trim()) && !act.isPending) act.mutate();
        }}
      >
        <p>{t(`room.means.${deed}`)}</p>
        {hasScope(deed) && scopes.length > 1 && <ScopeField scopes={scopes} value={scope} set={setScope} />}
        {hasSpan(deed) && <SpanField value={span} set={setSpan} />}
        {deed === 'slow_mode' && (
          <Select
            label={t('field.pause')}
            data={data.map((seconds) => ({
              value: String(seconds),
              label: seconds === 0 ? t('field.noPause') : format.span(seconds),
            }))}
            value={String(pause)}
            allowDeselect={false}
            onChange={(chosen) => setPause(Number(chosen ?? 0))}
          />
        )}
        <ReasonField value={reason} set={setReason} needed={needed} left={left} room={ofRoom(deed)} />
        {act.isError && <Note tone="bad">{errorText(act.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button
            type="submit"
            loading={act.isPending}
            {...(hard ? { color: 'red', variant: 'outline' } : {})}
          >
            {t(`room.do.${deed}`)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
