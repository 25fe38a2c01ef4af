// The chat under a task. It opens after wrong answers: until then it says how many more, and what it will be for.
import { IconCircleCheck, IconLock, IconMessageCheck, IconMessages } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { RoomChat } from '~/features/messaging/RoomChat';
import { NoRoom } from '~/features/messaging/RoomStates';
import { LinkButton } from '~/ui/LinkButton';
import { State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import type { Task } from './contract';
import { taskRoomQuery } from './queries';
import css from './Task.module.css';

export function TaskChat({ task, staff }: { task: Task; staff: boolean }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const open = task.chat === 'open';
  const room = useQuery({
    ...taskRoomQuery(task.id),
    enabled: open && !staff,
    // Many may come to a room at once: a busy server names the time after which it listens again.
    retry: (failures, error) => failures < 3 && isApiError(error) && [0, 429, 503].includes(error.status),
    retryDelay: (failures, error) =>
      Math.max(500 * 2 ** failures, (isApiError(error) ? (error.retryAfterSeconds ?? 0) : 0) * 1000),
    // It is made at its first use: asked for until it is there.
    refetchInterval: (query) => (query.state.data?.room_id === null ? 3_000 : false),
  });
  const roomId = room.data?.room_id ?? null;
  if (staff) {
    return (
      <div className={css.chatState}>
        <State
          icon={<IconMessages size={28} stroke={1.5} />}
          title={t('chat.staff')}
          action={
            <LinkButton variant="default" to="/desk" search={{ task: task.id }}>
              {t('chat.desk')}
            </LinkButton>
          }
        >
          {t('chat.staffText')}
        </State>
      </div>
    );
  }
  if (!open && task.state === 'right') {
    // Wrong answers after a right one do not count: it would promise what never comes.
    return (
      <div className={css.chatState}>
        <State icon={<IconCircleCheck size={28} stroke={1.5} />} title={t('chat.solved')}>
          {t('chat.solvedText')}
        </State>
      </div>
    );
  }
  if (!open) {
    return (
      <div className={css.chatState}>
        <State
          icon={<IconLock size={28} stroke={1.5} />}
          title={t('chat.closed', { count: task.need_wrong, value: format.number(task.need_wrong) })}
        >
          {t('chat.closedText')}
        </State>
      </div>
    );
  }
  if (!roomId) {
    if (room.isError) {
      return (
        <div className={css.chatState}>
          <NoRoom error={room.error} retry={() => void room.refetch()} />
        </div>
      );
    }
    return <p className={css.opening}>{t('chat.opening')}</p>;
  }
  const expected = room.data?.expected_s;
  return (
    <RoomChat
      roomId={roomId}
      roomKind="task"
      placeholder={t('chat.placeholder')}
      note={
        <div className={css.chatNote}>
          <IconMessageCheck size={20} stroke={1.75} aria-hidden />
          <span>
            <b>{t('chat.opened')}</b>
            <br />
            {task.chat_after > 0
              ? t('chat.openedAfter', { count: task.chat_after, value: format.number(task.chat_after) })
              : t('chat.openedAlways')}
            {expected ? ` ${t('chat.expected', { span: format.span(expected) })}` : ''}
          </span>
        </div>
      }
    />
  );
}
