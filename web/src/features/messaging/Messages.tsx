// The list of messages: opens at the first unread, loads upward without a jump, stays where the reader is. Only what is
// near the screen is drawn, so that a long room scrolls as lightly as a short one.
import { Button } from '@mantine/core';
import { IconArrowDown, IconMessages } from '@tabler/icons-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { daysBetween } from '~/i18n/format';
import type { ChatMessage } from '~/live/protocol';
import { type Receipt, receiptOf, shown, shownHasOlder } from '~/live/room';
import type { RoomClient, RoomView } from '~/live/roomClient';
import { State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { useZone } from '~/ui/zone';
import css from './Chat.module.css';
import { chatItems, type Item } from './items';
import type { RoomKind } from './kinds';
import { MessageRow, UnsentRow, wordsOf } from './MessageRow';

/** A place that the thread is to show. Each wish is a new object. */
export type Goal = { seq: number };

type Props = {
  client: RoomClient;
  view: RoomView;
  kind: RoomKind;
  goal: Goal | undefined;
  editing: string | undefined;
  hidden: ReadonlySet<string>;
};

/** This near to the end counts as being there, in pixels. */
const NEAR = 60;
/** This near to the top fetches what is older, in pixels. */
const EARLY = 600;
/** On screen for this long in a focused window is read, in milliseconds. */
const READ = 1_000;
/** How long a message stands out to which somebody was led, in milliseconds. */
const STAND_OUT = 2_500;

export function Messages({ client, view, kind, goal, editing, hidden }: Props) {
  const { t } = useTranslation(['chat', 'common']);
  const format = useFormat();
  const { room, outbox } = view;
  const list = useRef<HTMLDivElement>(null);
  const rows = useRef<VirtualizerHandle>(null);
  const [atEnd, setAtEnd] = useState(true);
  const unreadAfter = useUnreadAfter(view);
  const messages = shown(room);
  const hasOlder = shownHasOlder(room);
  const items = useMemo(
    () => chatItems(messages, room.island ? [] : outbox, client.user, unreadAfter, format.date, hidden),
    [messages, room.island, outbox, client.user, unreadAfter, format, hidden],
  );
  const spoken = useSpoken(view, client.user);
  const prepended = usePrepended(items);
  const mark = useMark();
  const settled = usePlace({ client, view, items, rows, list, atEnd, goal, unreadAfter, mark: mark.put });
  useReading(list, client, messages.at(-1)?.seq ?? 0);
  const newest = room.messages.at(-1)?.seq ?? 0;
  const unseen = useUnseen(atEnd && !room.island, newest, room.messages, client.user, unreadAfter);

  const scroll = () => {
    const box = list.current;
    if (!box || !settled) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    setAtEnd(below < NEAR);
    if (box.scrollTop < EARLY && hasOlder && view.older === 'idle') void client.loadOlder();
    if (below < EARLY && room.island && view.newer === 'idle') void client.loadNewer();
  };
  const toEnd = () => {
    client.toNewest();
    setAtEnd(true);
    // Twice: what is drawn by the first is measured by the second.
    requestAnimationFrame(() => {
      down(list.current);
      requestAnimationFrame(() => down(list.current));
    });
  };
  const empty = view.phase === 'ready' && items.length === 0;
  const receipts = useMemo(
    () => lastReceipts(items, (seq) => receiptOf(room, client.user, seq)),
    [items, room, client.user],
  );
  const pins = useMemo(() => new Set(room.pinned.map((pin) => pin.id)), [room.pinned]);

  return (
    <div className={css.middle}>
      <div
        className={`${css.list} ${settled ? '' : css.unsettled}`}
        ref={list}
        onScroll={scroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-label={t('messages')}
        aria-live="off"
        aria-busy={!settled}
      >
        <div className={css.top}>
          {view.phase === 'ready' && messages.length > 0 && (
            <>
              {view.older === 'failed' && <span className="meta mut">{t('olderFailed')}</span>}
              {hasOlder ? (
                <Button
                  size="xs"
                  variant="subtle"
                  loading={view.older === 'loading'}
                  onClick={() => void client.loadOlder()}
                >
                  {t('older')}
                </Button>
              ) : (
                <span className="micro mut">{t('start')}</span>
              )}
            </>
          )}
        </div>
        {empty && (
          <State icon={<IconMessages size={28} stroke={1.5} />} title={t('empty')}>
            {t(`emptyText.${kind}`)}
          </State>
        )}
        <Virtualizer
          ref={rows}
          scrollRef={list}
          data={items}
          shift={prepended}
          startMargin={TOP}
          bufferSize={400}
        >
          {(item) => (
            <Row
              key={item.key}
              item={item}
              client={client}
              receipt={receipts.get(item.key)}
              pins={pins}
              accepted={room.accepted}
              editing={editing}
              marked={mark.seq}
            />
          )}
        </Virtualizer>
        {room.island && view.newer === 'failed' && (
          <button type="button" className="link small" onClick={() => void client.loadNewer()}>
            {t('newerFailed')}
          </button>
        )}
      </div>
      <p className={css.typing} aria-hidden={view.typing.length === 0}>
        {view.typing.length === 1 ? (
          <bdi>{t('typingOne', { name: view.typing[0]?.name })}</bdi>
        ) : view.typing.length > 1 ? (
          t('typingMany')
        ) : null}
      </p>
      {settled && (!atEnd || room.island) && (
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

const down = (box: HTMLElement | null) => {
  if (box) box.scrollTop = box.scrollHeight;
};

/** The height of what stands above the rows, in pixels; the style sheet says the same. */
const TOP = 44;

type RowProps = {
  item: Item;
  client: RoomClient;
  receipt: Receipt | undefined;
  pins: ReadonlySet<string>;
  accepted: string | undefined;
  editing: string | undefined;
  marked: number | undefined;
};

function Row({ item, client, receipt, pins, accepted, editing, marked }: RowProps) {
  const { t } = useTranslation('chat');
  if (item.kind === 'day') return <Day at={item.at} />;
  if (item.kind === 'new') return <p className={`${css.divider} ${css.fresh}`}>{t('new')}</p>;
  if (item.kind === 'unsent') return <UnsentRow item={item.unsent} client={client} />;
  const { id, seq } = item.message;
  return (
    <MessageRow
      item={item}
      receipt={receipt}
      pinned={pins.has(id)}
      accepted={accepted === id}
      editing={editing === id}
      marked={marked === seq}
    />
  );
}

function Day({ at }: { at: string }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const zone = useZone();
  const days = daysBetween(new Date(), new Date(at), zone);
  return (
    <p className={css.divider}>
      {days === 0 ? t('today') : days === -1 ? t('yesterday') : <bdi>{format.date(at)}</bdi>}
    </p>
  );
}

/** The receipt stands on the last own message of each state; a state never grows towards the end. */
export function lastReceipts(
  items: readonly Item[],
  receipt: (seq: number) => Receipt,
): Map<string, Receipt> {
  const found = new Map<Receipt, string>();
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index];
    if (item?.kind !== 'message' || !item.own) continue;
    const state = receipt(item.message.seq);
    if (!found.has(state)) found.set(state, item.key);
    if (state === 'read') break;
  }
  return new Map([...found].map(([kind, key]) => [key, kind]));
}

/** Where the reader had stopped when the chat was opened here. */
function useUnreadAfter(view: RoomView): number | undefined {
  const at = useRef<number>(undefined);
  if (at.current === undefined && view.phase === 'ready') at.current = view.room.me.read;
  // A room that was never read is new as a whole: a line over everything says nothing.
  return at.current ? at.current : undefined;
}

/** Whether the rows of this drawing stand above those of the one before: the place is then kept from the end. */
function usePrepended(items: readonly Item[]): boolean {
  const before = useRef<{ first: string; last: string; length: number }>({ first: '', last: '', length: 0 });
  const first = items.find((item) => item.kind === 'message')?.key ?? '';
  const last = items.at(-1)?.key ?? '';
  const old = before.current;
  const prepended = old.first !== '' && first !== old.first && last === old.last && items.length > old.length;
  useLayoutEffect(() => {
    before.current = { first, last, length: items.length };
  });
  return prepended;
}

/** The message that stands out because somebody was led to it. */
function useMark() {
  const [seq, setSeq] = useState<number | undefined>(undefined);
  useEffect(() => {
    if (seq === undefined) return;
    const timer = setTimeout(() => setSeq(undefined), STAND_OUT);
    return () => clearTimeout(timer);
  }, [seq]);
  return { seq, put: setSeq };
}

type Place = {
  client: RoomClient;
  view: RoomView;
  items: readonly Item[];
  rows: React.RefObject<VirtualizerHandle | null>;
  list: React.RefObject<HTMLDivElement | null>;
  atEnd: boolean;
  goal: Goal | undefined;
  unreadAfter: number | undefined;
  mark: (seq: number) => void;
};

const indexOf = (items: readonly Item[], seq: number): number =>
  items.findIndex((item) => item.kind === 'message' && item.message.seq >= seq);

/**
 * Opens at the first unread message or at the end, follows the end while the reader is there, and goes where somebody is
 * led. Whether the first place has been found.
 */
function usePlace({ client, view, items, rows, list, atEnd, goal, unreadAfter, mark }: Place): boolean {
  const [settled, setSettled] = useState(false);
  const opening = useRef(false);
  const wished = useRef<Goal | undefined>(undefined);
  const [target, setTarget] = useState<{ seq: number; align: 'start' | 'center' } | undefined>(undefined);
  const last = items.at(-1)?.key ?? '';
  const ready = view.phase === 'ready';

  // The first place. What is unread may begin before the page that came with the room.
  useEffect(() => {
    if (!ready || opening.current) return;
    opening.current = true;
    const { room } = client.view();
    const first = room.messages[0]?.seq ?? 0;
    const newest = room.messages.at(-1)?.seq ?? 0;
    const unread = unreadAfter !== undefined && unreadAfter < newest;
    if (goal) return setSettled(true);
    if (!unread) {
      setTarget({ seq: Number.POSITIVE_INFINITY, align: 'start' });
      return;
    }
    const from = unreadAfter + 1;
    if (first <= from || !room.hasOlder) return setTarget({ seq: from, align: 'start' });
    void client.show(from).then(() => setTarget({ seq: from, align: 'start' }));
  }, [ready, client, unreadAfter, goal]);

  // Where somebody is led.
  useEffect(() => {
    if (!ready || !goal || wished.current === goal) return;
    wished.current = goal;
    void client.show(goal.seq).then((found) => {
      setTarget(
        found ? { seq: goal.seq, align: 'center' } : { seq: Number.POSITIVE_INFINITY, align: 'start' },
      );
    });
  }, [ready, goal, client]);

  // Goes there once the rows are drawn; they are measured on the way, so the second try is exact.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a target is gone to once.
  useLayoutEffect(() => {
    if (!target) return;
    const found = indexOf(items, target.seq);
    const divider = items.findIndex((item) => item.kind === 'new');
    const index = target.align === 'start' && divider >= 0 ? divider : found >= 0 ? found : items.length - 1;
    const go = () => {
      if (items.length === 0) return;
      if (target.seq === Number.POSITIVE_INFINITY)
        rows.current?.scrollToIndex(items.length - 1, { align: 'end' });
      else rows.current?.scrollToIndex(Math.max(0, index), { align: target.align });
    };
    go();
    const frame = requestAnimationFrame(() => {
      go();
      setSettled(true);
      const box = list.current;
      // A short list has its end on the screen.
      if (box) box.dispatchEvent(new Event('scroll', { bubbles: true }));
      if (target.align === 'center') mark(target.seq);
    });
    return () => cancelAnimationFrame(frame);
  }, [target]);

  // The end is followed while the reader is there, and gone to by who has just written.
  const unsent = view.outbox.length;
  const before = useRef({ unsent, last });
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows the content.
  useLayoutEffect(() => {
    const wrote = unsent > before.current.unsent;
    const moved = last !== before.current.last;
    before.current = { unsent, last };
    if (!settled || view.room.island) return;
    if (wrote || (atEnd && moved)) {
      rows.current?.scrollToIndex(items.length - 1, { align: 'end' });
      const frame = requestAnimationFrame(() =>
        rows.current?.scrollToIndex(items.length - 1, { align: 'end' }),
      );
      return () => cancelAnimationFrame(frame);
    }
  }, [items, unsent, settled]);

  // A composer that grows, a keyboard that opens, an image that comes: whoever is at the end stays there.
  const follow = useCallback(() => {
    const box = list.current;
    if (box && atEnd && settled) box.scrollTop = box.scrollHeight;
  }, [list, atEnd, settled]);
  useEffect(() => {
    const box = list.current;
    if (!box || typeof ResizeObserver === 'undefined') return;
    const watch = new ResizeObserver(follow);
    watch.observe(box);
    for (const child of box.children) watch.observe(child);
    return () => watch.disconnect();
  }, [list, follow]);
  return settled;
}

/** Marks as read what has been on screen for a second while the window had the focus. */
function useReading(list: React.RefObject<HTMLDivElement | null>, client: RoomClient, newest: number) {
  useEffect(() => {
    if (newest === 0) return;
    const timer = setInterval(() => {
      const box = list.current;
      if (!box || document.visibilityState !== 'visible' || !document.hasFocus()) return;
      const { bottom } = box.getBoundingClientRect();
      if (box.clientHeight === 0) return;
      const rows = [...box.querySelectorAll<HTMLElement>('[data-seq]')];
      // The drawn rows are few; the lowest one that is whole on the screen counts.
      let read = 0;
      for (const row of rows) {
        const end = row.getBoundingClientRect().bottom;
        if (end <= bottom + 8) read = Math.max(read, Number(row.dataset.seq));
      }
      if (read > 0) client.seen(read);
    }, READ);
    return () => clearInterval(timer);
  }, [list, client, newest]);
}

/** How many messages of others are below what the reader has come to. */
function useUnseen(
  atEnd: boolean,
  newest: number,
  messages: readonly ChatMessage[],
  me: string,
  unreadAfter: number | undefined,
): number {
  const [left, setLeft] = useState<number | undefined>(undefined);
  useEffect(() => {
    if (atEnd) setLeft(newest);
  }, [atEnd, newest]);
  if (atEnd) return 0;
  const from = Math.max(left ?? 0, unreadAfter ?? 0);
  if (from === 0) return 0;
  let count = 0;
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (!message || message.seq <= from) break;
    if (message.author !== me && message.state !== 'deleted') count++;
  }
  return count;
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
      const text = wordsOf(last, t('fileWord')).slice(0, 300);
      setSpoken(t('said', { name: last.author_name, text }));
    }
    known.current = seq;
  }, [last, view.phase, me, t]);
  return spoken;
}
