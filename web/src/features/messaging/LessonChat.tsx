// The chat beside a lesson: who is here, what was said, what I say.
import { IconLock, IconMessageCircle, IconPlugConnectedX, IconWifiOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useSession } from '~/features/identity/session';
import { live, useLiveState } from '~/live';
import type { RoomClient } from '~/live/roomClient';
import { Failed, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { type Ask, Composer } from './Composer';
import { Messages } from './Messages';
import { useRoom, useRoomId, useRoomView } from './useRoom';

export type Lesson = {
  lessonId: string;
  /** Where the video stands, for a link to the moment. Absent for a lesson without a video. */
  second?: () => number;
  goTo?: (second: number) => void;
  /** What the next message is asked to begin with. */
  ask?: Ask | undefined;
};

export function LessonChat(lesson: Lesson) {
  const { t } = useTranslation('chat');
  const { me } = useSession();
  const room = useRoomId(lesson.lessonId);
  return (
    <section className={css.chat} aria-label={t('title')}>
      {room.isError ? (
        isApiError(room.error) && [402, 403, 404].includes(room.error.status) ? (
          <NotMember />
        ) : (
          <Failed error={room.error} retry={() => void room.refetch()} />
        )
      ) : room.data && me ? (
        <Room lesson={lesson} user={me.id} room={room.data.room_id} key={`${me.id} ${room.data.room_id}`} />
      ) : (
        <Opening />
      )}
    </section>
  );
}

function Room({ lesson, user, room }: { lesson: Lesson; user: string; room: string }) {
  const client = useRoom(user, room);
  return client ? <Inside lesson={lesson} client={client} /> : <Opening />;
}

function Inside({ lesson, client }: { lesson: Lesson; client: RoomClient }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const view = useRoomView(client);
  if (view.phase === 'refused') return <NotMember />;
  return (
    <>
      <header className={css.head}>
        <h2>
          <IconMessageCircle size={20} stroke={1.75} aria-hidden />
          {t('title')}
        </h2>
        {view.phase === 'ready' && view.room.online > 0 && (
          <span className={css.online}>
            <i aria-hidden />
            {t('online', { count: view.room.online, value: format.number(view.room.online) })}
          </span>
        )}
      </header>
      <Link />
      <Messages client={client} view={view} goTo={lesson.goTo} />
      {view.phase === 'ready' && !view.room.canWrite ? (
        <p className={css.readOnly}>
          <IconLock size={16} stroke={1.75} aria-hidden />
          {t('readOnly')}
        </p>
      ) : (
        <Composer client={client} lessonId={lesson.lessonId} second={lesson.second} ask={lesson.ask} />
      )}
    </>
  );
}

/** What is wrong with the link, as long as something is. */
function Link() {
  const { t } = useTranslation(['chat', 'common']);
  const state = useLiveState();
  if (state === 'stopped') {
    const code = live.stopCode();
    const why = code === 4006 ? 'stoppedElsewhere' : code === 4003 ? 'stoppedAccount' : 'stopped';
    return (
      <p className={css.link} role="status">
        <IconPlugConnectedX size={16} stroke={1.75} aria-hidden />
        {t(why)}
        <button type="button" className="link" onClick={() => live.retry()}>
          {t(code === 4006 ? 'stoppedRetry' : 'common:retry')}
        </button>
      </p>
    );
  }
  if (state !== 'waiting') return null;
  return (
    <p className={css.link} role="status">
      <IconWifiOff size={16} stroke={1.75} aria-hidden />
      {navigator.onLine ? t('waiting') : t('offline')}
    </p>
  );
}

function NotMember() {
  const { t } = useTranslation('chat');
  return (
    <State icon={<IconLock size={28} stroke={1.5} />} title={t('notMember')}>
      {t('notMemberText')}
    </State>
  );
}

function Opening() {
  const { t } = useTranslation('chat');
  return (
    <div className={css.opening} aria-busy="true">
      <span className="hidden" role="status">
        {t('joining')}
      </span>
      <span />
      <span />
      <span />
    </div>
  );
}
