// A chat room as any page may show it: who is here, what was said, what I say. Fills the box that it is put into.
import { IconLock, IconMessageCircle, IconPlugConnectedX, IconWifiOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { live, useLiveState } from '~/live';
import type { RoomClient } from '~/live/roomClient';
import { State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { type Ask, Composer } from './Composer';
import { isRoomKind, type RoomKind } from './kinds';
import { Messages } from './Messages';
import { useRoom, useRoomView } from './useRoom';

/** The lesson that is on the page: links to its moments lead into its player. */
export type ChatLesson = {
  lessonId: string;
  /** Where the video stands, for a link to the moment. Absent for a lesson without a video. */
  second?: (() => number) | undefined;
  goTo?: ((second: number) => void) | undefined;
};

export type RoomChatProps = {
  roomId: string;
  /** What is said before the room itself has answered; from then on its own kind counts. */
  roomKind?: RoomKind;
  /** Without a header: the page around it says what this is. */
  compact?: boolean;
  /** In place of the kind's own words in the header. */
  title?: ReactNode;
  /** At the end of the header: buttons of the page around. */
  actions?: ReactNode;
  /** Above the messages: why this chat opened, what to expect. */
  note?: ReactNode;
  /** Right above the composer: what it can begin with. */
  tools?: ReactNode;
  /** What an empty field of the composer says. */
  placeholder?: string;
  lesson?: ChatLesson;
  /** What the next message is asked to begin with. Each question is a new object. */
  ask?: Ask | undefined;
};

export function RoomChat(props: RoomChatProps) {
  const { t } = useTranslation('chat');
  const { me } = useSession();
  return (
    <section className={css.chat} aria-label={t(`kind.${props.roomKind ?? 'general'}`)}>
      {me ? <Room {...props} user={me.id} key={`${me.id} ${props.roomId}`} /> : <Opening />}
    </section>
  );
}

function Room({ user, ...props }: RoomChatProps & { user: string }) {
  const client = useRoom(user, props.roomId);
  return client ? <Inside {...props} client={client} /> : <Opening />;
}

function Inside({ client, ...props }: RoomChatProps & { client: RoomClient }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const view = useRoomView(client);
  if (view.phase === 'refused') return <NotMember />;
  const { lesson, compact = false } = props;
  const kind = isRoomKind(view.room.kind) ? view.room.kind : (props.roomKind ?? 'general');
  return (
    <>
      {!compact && (
        <header className={css.head}>
          <h2>
            {props.title ?? (
              <>
                <IconMessageCircle size={20} stroke={1.75} aria-hidden />
                {t(`kind.${kind}`)}
              </>
            )}
          </h2>
          <span className={css.headEnd}>
            {view.phase === 'ready' && view.room.online > 0 && (
              <span className={css.online}>
                <i aria-hidden />
                {t('online', { count: view.room.online, value: format.number(view.room.online) })}
              </span>
            )}
            {props.actions}
          </span>
        </header>
      )}
      <Link />
      {props.note && <div className={css.note}>{props.note}</div>}
      <Messages client={client} view={view} kind={kind} goTo={lesson?.goTo} />
      {view.phase === 'ready' && !view.room.canWrite ? (
        <p className={css.readOnly}>
          <IconLock size={16} stroke={1.75} aria-hidden />
          {t('readOnly')}
        </p>
      ) : (
        <>
          {props.tools}
          <Composer
            client={client}
            lessonId={lesson?.lessonId}
            second={lesson?.second}
            ask={props.ask}
            placeholder={props.placeholder}
          />
        </>
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

export function NotMember() {
  const { t } = useTranslation('chat');
  return (
    <State icon={<IconLock size={28} stroke={1.5} />} title={t('notMember')}>
      {t('notMemberText')}
    </State>
  );
}

export function Opening() {
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
