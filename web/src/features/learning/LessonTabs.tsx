// The tabs under the video, with what has come in the chat.
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { useRoom, useRoomId, useRoomView } from '~/features/messaging/useRoom';
import type { RoomClient } from '~/live/roomClient';
import { useFormat } from '~/ui/useFormat';
import css from './LessonPage.module.css';
import { unreadOf } from './unread';

export type Tab = 'lessons' | 'text' | 'transcript' | 'files' | 'notes' | 'questions' | 'chat';

const tabWords = {
  lessons: 'tabLessons',
  text: 'tabText',
  files: 'tabFiles',
  transcript: 'tabTranscript',
  notes: 'tabNotes',
  questions: 'tabQuestions',
  chat: 'tabChat',
} as const;

export function Tabs({
  tabs,
  shown,
  pick,
  files,
  chat,
}: {
  tabs: Tab[];
  shown: Tab;
  pick: (tab: Tab) => void;
  files: number;
  /** What has come in the chat. */
  chat: ReactNode;
}) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a phone the row is wider than the screen: what is chosen, by hand or by a question, is seen.
    const row = list.current;
    const chosen = row?.querySelector(`#tab-${shown}`)?.getBoundingClientRect();
    if (!row || !chosen) return;
    const { left, right } = row.getBoundingClientRect();
    if (chosen.left < left) row.scrollBy({ left: chosen.left - left - 16 });
    else if (chosen.right > right) row.scrollBy({ left: chosen.right - right + 16 });
  }, [shown]);
  const step = (event: React.KeyboardEvent) => {
    const rtl = document.documentElement.dir === 'rtl';
    const by = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const index = (tabs.indexOf(shown) + by + tabs.length) % tabs.length;
    const to = tabs[index];
    if (!to) return;
    pick(to);
    list.current?.querySelector<HTMLElement>(`#tab-${to}`)?.focus();
  };
  return (
    <div className={css.tabs} role="tablist" aria-label={t('lesson.tabs')} ref={list} onKeyDown={step}>
      {tabs.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`tab-${tab}`}
          aria-selected={tab === shown}
          aria-controls={`panel-${tab}`}
          tabIndex={tab === shown ? 0 : -1}
          onClick={() => pick(tab)}
        >
          {t(`lesson.${tabWords[tab]}`)}
          {tab === 'files' && files > 0 && <span className={css.count}>{format.number(files)}</span>}
          {tab === 'chat' && chat}
        </button>
      ))}
    </div>
  );
}

/** Holds the room of the chat, also while another tab is shown, and says how much has come. */
export function Unread({ lessonId }: { lessonId: string }) {
  const { me } = useSession();
  const room = useRoomId(lessonId);
  return me && room.data ? <UnreadIn user={me.id} room={room.data.room_id} /> : null;
}

function UnreadIn({ user, room }: { user: string; room: string }) {
  const client = useRoom(user, room);
  return client ? <UnreadCount client={client} /> : null;
}

function UnreadCount({ client }: { client: RoomClient }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const { room, phase } = useRoomView(client);
  const { count, more } = unreadOf(room, client.user);
  if (phase !== 'ready' || count === 0) return null;
  const value = `${format.number(count)}${more ? '+' : ''}`;
  return (
    <span className={`${css.count} ${css.fresh}`}>
      <span aria-hidden>{value}</span>
      <span className="hidden">, {t('latest_new', { count, value })}</span>
    </span>
  );
}
