// The list of messages: opens at the first unread, loads upward without a jump, stays where the reader is.
import { Button } from '@mantine/core';
import {
  IconAlertCircle,
  IconArrowDown,
  IconCheck,
  IconChecks,
  IconClock,
  IconMessages,
} from '@tabler/icons-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { daysBetween } from '~/i18n/format';
import type { Unsent } from '~/live/outbox';
import type { ChatMessage } from '~/live/protocol';
import { receiptOf } from '~/live/room';
import type { RoomClient, RoomView } from '~/live/roomClient';
import { Initials } from '~/ui/Initials';
import { State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { chatItems, type Item } from './items';
import type { RoomKind } from './kinds';

type Props = {
  client: RoomClient;
  view: RoomView;
  kind: RoomKind;
  goTo: ((second: number) => void) | undefined;
};

/** This near to the end counts as being there, in pixels. */
const NEAR = 60;
/** On screen for this long in a focused window is read, in milliseconds. */
const READ = 1_000;

export function Messages({ client, view, kind, goTo }: Props) {
  const { t } = useTranslation(['chat', 'common']);
  const format = useFormat();
  const { room, outbox } = view;
  const list = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const unreadAfter = useUnreadAfter(view);
  const items = useMemo(
    () => chatItems(room.messages, outbox, client.user, unreadAfter, (at) => format.date(at)),
    [room.messages, outbox, client.user, unreadAfter, format],
  );
  const spoken = useSpoken(view, client.user);
  const toEnd = useCallback(() => {
    const box = list.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, []);
  const keepPlace = usePlace(list, view, atEnd, toEnd);
  const loadOlder = () => {
    keepPlace();
    void client.loadOlder();
  };
  useReading(list, client, view);
  const newest = room.messages.at(-1)?.seq ?? 0;
  const unseen = useUnseen(atEnd, newest, room.messages, client.user);

  const scroll = () => {
    const box = list.current;
    if (!box) return;
    setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR);
    if (box.scrollTop < 120 && room.hasOlder && view.older === 'idle') loadOlder();
    else keepPlace();
  };
  const empty = view.phase === 'ready' && items.length === 0;
  const lastOf = lastReceipts(items, view, client.user);

  return (
    <div className={css.middle}>
      <div
        className={css.list}
        ref={list}
        onScroll={scroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-label={t('messages')}
        aria-live="off"
      >
        {view.phase === 'ready' && room.messages.length > 0 && (
          <div className={css.top}>
            {view.older === 'failed' && <span className="meta mut">{t('olderFailed')}</span>}
            {room.hasOlder ? (
              <Button size="xs" variant="subtle" loading={view.older === 'loading'} onClick={loadOlder}>
                {t('older')}
              </Button>
            ) : (
              <span className="micro mut">{t('start')}</span>
            )}
          </div>
        )}
        {empty && (
          <State icon={<IconMessages size={28} stroke={1.5} />} title={t('empty')}>
            {t(`emptyText.${kind}`)}
          </State>
        )}
        {items.map((item) => (
          <Row key={item.key} item={item} client={client} goTo={goTo} receipt={lastOf.get(item.key)} />
        ))}
      </div>
      <p className={css.typing} aria-hidden={view.typing.length === 0}>
        {view.typing.length === 1 ? (
          <bdi>{t('typingOne', { name: view.typing[0]?.name })}</bdi>
        ) : view.typing.length > 1 ? (
          t('typingMany')
        ) : null}
      </p>
      {!atEnd && (
        <button type="button" className={css.latest} onClick={toEnd}>
          <IconArrowDown size={16} stroke={1.75} aria-hidden />
          {unseen > 0 ? t('latest_new', { count: unseen, value: format.number(unseen) }) : t('latest')}
        </button>
      )}
      <span className="hidden" aria-live="polite" dir="auto">
        {spoken}
      </span>
    </div>
  );
}

type RowProps = {
  item: Item;
  client: RoomClient;
  goTo: ((second: number) => void) | undefined;
  receipt: Shown | undefined;
};

function Row({ item, client, goTo, receipt }: RowProps) {
  const { t } = useTranslation('chat');
  if (item.kind === 'day') return <Day at={item.at} />;
  if (item.kind === 'new') return <p className={`${css.divider} ${css.fresh}`}>{t('new')}</p>;
  if (item.kind === 'unsent') return <UnsentRow item={item.unsent} client={client} goTo={goTo} />;
  return <MessageRow item={item} goTo={goTo} receipt={receipt} />;
}

function Day({ at }: { at: string }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const days = daysBetween(new Date(), new Date(at), format.zone);
  return (
    <p className={css.divider}>
      {days === 0 ? t('today') : days === -1 ? t('yesterday') : <bdi>{format.date(at)}</bdi>}
    </p>
  );
}

function MessageRow({
  item,
  goTo,
  receipt,
}: {
  item: Extract<Item, { kind: 'message' }>;
  goTo: RowProps['goTo'];
  receipt: Shown | undefined;
}) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const { message, own, first, last } = item;
  return (
    <article className={`${css.message} ${own ? css.own : ''}`} data-seq={message.seq}>
      {!own && first && (
        <p className={css.by}>
          <Initials name={message.author_name} id={message.author} size={24} />
          <b>
            <bdi>{message.author_name}</bdi>
          </b>
          {(message.author_role === 'author' || message.author_role === 'moderator') && (
            <span className={css.role}>{t(message.author_role)}</span>
          )}
        </p>
      )}
      <div className={css.bubble} dir="auto">
        {own && <span className="hidden">{t('you')}: </span>}
        <Body text={message.body} />
      </div>
      {(last || receipt || message.at) && (
        <p className={css.under}>
          <time dateTime={message.created_at}>
            <bdi>{format.time(message.created_at)}</bdi>
          </time>
          {message.at && <Moment second={message.at.second} goTo={goTo} />}
          {receipt && <Receipt kind={receipt} />}
        </p>
      )}
    </article>
  );
}

function UnsentRow({ item, client, goTo }: { item: Unsent; client: RoomClient; goTo: RowProps['goTo'] }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const failed = item.state === 'failed';
  const reasons = { rejected: 1, read_only: 1, too_large: 1, stale: 1 };
  const why = item.code && item.code in reasons ? (item.code as keyof typeof reasons) : 'other';
  return (
    <article className={`${css.message} ${css.own}`}>
      <div className={css.bubble} dir="auto">
        <span className="hidden">{t('you')}: </span>
        <Body text={item.body} />
      </div>
      <p className={css.under}>
        <bdi>{format.time(new Date(item.written))}</bdi>
        {item.at && <Moment second={item.at.second} goTo={goTo} />}
        <Receipt kind={failed ? 'failed' : item.state === 'sent' ? 'sent' : 'sending'} />
        {failed && (
          <>
            <button type="button" className="link" onClick={() => client.retry(item.client_id)}>
              {t('again')}
            </button>
            <button type="button" className="link" onClick={() => client.cancel(item.client_id)}>
              {t('drop')}
            </button>
          </>
        )}
      </p>
      {failed && <p className={css.why}>{t(`why.${why}`)}</p>}
    </article>
  );
}

type Shown = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';
const receiptIcon = {
  sending: IconClock,
  sent: IconCheck,
  delivered: IconChecks,
  read: IconChecks,
  failed: IconAlertCircle,
};

function Receipt({ kind }: { kind: Shown }) {
  const { t } = useTranslation('chat');
  const Icon = receiptIcon[kind];
  return (
    <span className={`${css.receipt} ${css[kind]}`}>
      <Icon size={14} stroke={1.75} aria-hidden />
      {t(`receipt.${kind}`)}
    </span>
  );
}

function Moment({ second, goTo }: { second: number; goTo: RowProps['goTo'] }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const at = format.clock(second);
  if (!goTo) return <span>{t('atLesson', { at })}</span>;
  return (
    <button type="button" className="link num" aria-label={t('goTo', { at })} onClick={() => goTo(second)}>
      <bdi>{t('atLesson', { at })}</bdi>
    </button>
  );
}

/** Plain text; code between ``` stands apart and keeps left to right inside any bubble. */
function Body({ text }: { text: string }) {
  const parts = text.split(/```(?:[\w+-]*\n)?/);
  // biome-ignore-start lint/suspicious/noArrayIndexKey: the parts of one text never change their places.
  return parts.map((part, index) =>
    index % 2 === 1 && index < parts.length - 1 ? (
      <pre key={index}>
        <code>{part.replace(/\n$/, '')}</code>
      </pre>
    ) : (
      <span key={index}>{part}</span>
    ),
  );
  // biome-ignore-end lint/suspicious/noArrayIndexKey: as above.
}

/** The receipt stands on the last own message of each state. */
function lastReceipts(items: readonly Item[], view: RoomView, me: string): Map<string, Shown> {
  const last = new Map<Shown, string>();
  for (const item of items) {
    if (item.kind === 'message' && item.own) last.set(receiptOf(view.room, me, item.message.seq), item.key);
  }
  return new Map([...last].map(([kind, key]) => [key, kind]));
}

/** Where the reader had stopped when the chat was opened here. */
function useUnreadAfter(view: RoomView): number | undefined {
  const at = useRef<number>(undefined);
  if (at.current === undefined && view.phase === 'ready') at.current = view.room.me.read;
  // A room that was never read is new as a whole: a line over everything says nothing.
  return at.current ? at.current : undefined;
}

/**
 * Keeps the reader's place: at the end while there, and by the same message while older ones come above. The function that
 * it answers with notes the place: its distance from the end does not change by what comes above it.
 */
function usePlace(
  list: React.RefObject<HTMLDivElement | null>,
  view: RoomView,
  atEnd: boolean,
  toEnd: () => void,
): () => void {
  const before = useRef({ first: 0, opened: false, unsent: 0 });
  const fromEnd = useRef(0);
  const first = view.room.messages[0]?.seq ?? 0;
  const last = view.room.messages.at(-1)?.seq ?? 0;
  const keepPlace = useCallback(() => {
    const box = list.current;
    if (box) fromEnd.current = box.scrollHeight - box.scrollTop;
  }, [list]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows the content, not the values.
  useLayoutEffect(() => {
    const box = list.current;
    if (!box) return;
    const old = before.current;
    const wrote = view.outbox.length > old.unsent;
    if (!old.opened && view.phase === 'ready') {
      const line = box.querySelector<HTMLElement>(`.${css.fresh}`);
      if (line) box.scrollTop = line.offsetTop - 24;
      else toEnd();
      old.opened = true;
    } else if (first !== 0 && first < old.first) {
      box.scrollTop = box.scrollHeight - fromEnd.current;
    } else if (atEnd || wrote) {
      toEnd();
    }
    before.current = { ...old, first, unsent: view.outbox.length };
    keepPlace();
    // The outbox by itself too: a message that takes the place of its unsent self leaves the sum as it was.
  }, [first, last, view.room.messages.length, view.outbox.length, view.phase]);
  return keepPlace;
}

/** Marks as read what has been on screen for a second while the window had the focus. */
function useReading(list: React.RefObject<HTMLDivElement | null>, client: RoomClient, view: RoomView) {
  const newest = view.room.messages.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (newest === 0) return;
    const timer = setInterval(() => {
      const box = list.current;
      if (!box || document.visibilityState !== 'visible' || !document.hasFocus()) return;
      const { bottom } = box.getBoundingClientRect();
      if (box.clientHeight === 0) return;
      const rows = box.querySelectorAll<HTMLElement>('[data-seq]');
      for (let index = rows.length - 1; index >= 0; index--) {
        const row = rows[index];
        if (row && row.getBoundingClientRect().bottom <= bottom + 8) {
          client.seen(Number(row.dataset.seq));
          return;
        }
      }
    }, READ);
    return () => clearInterval(timer);
  }, [list, client, newest]);
}

/** How many messages of others have come while the reader was further up. */
function useUnseen(atEnd: boolean, newest: number, messages: readonly ChatMessage[], me: string): number {
  const [left, setLeft] = useState(newest);
  useEffect(() => {
    if (atEnd) setLeft(newest);
  }, [atEnd, newest]);
  return atEnd ? 0 : messages.filter((message) => message.seq > left && message.author !== me).length;
}

/** What a screen reader is told: the newest message of somebody else, as it comes. */
function useSpoken(view: RoomView, me: string): string {
  const { t } = useTranslation('chat');
  const [spoken, setSpoken] = useState('');
  const known = useRef<number>(undefined);
  const last = view.room.messages.at(-1);
  useEffect(() => {
    if (view.phase !== 'ready') return;
    const seq = last?.seq ?? 0;
    if (known.current !== undefined && last && seq > known.current && last.author !== me) {
      setSpoken(t('said', { name: last.author_name, text: last.body.slice(0, 300) }));
    }
    known.current = seq;
  }, [last, view.phase, me, t]);
  return spoken;
}
