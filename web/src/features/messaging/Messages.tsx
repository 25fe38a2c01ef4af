// The list of messages: opens at the first unread, loads upward without a jump, stays where the reader is. Only what is
// near the screen is drawn, so that a long room scrolls as lightly as a short one.
import { Button, Loader } from '@mantine/core';
import { IconArrowDown, IconMessages } from '@tabler/icons-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { daysBetween } from '~/i18n/format';
import type { ChatMessage } from '~/live/protocol';
import { type Receipt, receiptOf, shown, shownHasOlder } from '~/live/room';
import type { RoomClient, RoomView } from '~/live/roomClient';
import { State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { useSkeleton } from '~/ui/Waiting';
import { useZone } from '~/ui/zone';
import css from './Chat.module.css';
import { chatItems, type Item } from './items';
import type { RoomKind } from './kinds';
import { MessageRow, UnsentRow, wordsOf } from './MessageRow';
import { Opening } from './RoomStates';

/** A place that the thread is to show. Each wish is a new object. */
export type Goal = { seq: number };

type Props = {
  client: RoomClient;
  view: RoomView;
  kind: RoomKind;
  goal: Goal | undefined;
  editing: string | undefined;
  hidden: ReadonlySet<string>;
  /** The place that was wished for cannot be shown. */
  lost: (how: 'gone' | 'failed') => void;
};

/** This near to the end counts as being there, in pixels. */
const NEAR = 60;
/** This near to the top fetches what is older, in pixels. */
const EARLY = 600;
/** On screen for this long in a focused window is read, in milliseconds. */
const READ = 1_000;
/** How long a message stands out to which somebody was led, in milliseconds. */
const STAND_OUT = 2_500;
/** New messages are read aloud at most so often, in milliseconds: a busy room does not talk all the time. */
const SPEAK = 4_000;
/** What comes together is spoken of together, milliseconds. */
const GATHER = 300;

const outOfSight = () => document.visibilityState === 'hidden';

export function Messages({ client, view, kind, goal, editing, hidden, lost }: Props) {
  const { t } = useTranslation(['chat', 'common']);
  const format = useFormat();
  const { room, outbox } = view;
  const list = useRef<HTMLDivElement>(null);
  const rows = useRef<VirtualizerHandle>(null);
  const [atEnd, setAtEnd] = useState(true);
  const unreadAfter = useUnreadAfter(view, client.user);
  const messages = shown(room);
  const hasOlder = shownHasOlder(room);
  const items = useMemo(
    () => chatItems(messages, room.island ? [] : outbox, client.user, unreadAfter, format.date, hidden),
    [messages, room.island, outbox, client.user, unreadAfter, format, hidden],
  );
  const spoken = useSpoken(view, client.user, hidden);
  const prepended = usePrepended(items);
  const mark = useMark();
  const stay = useCallback(() => setAtEnd(false), []);
  const { settled, leading } = usePlace({
    client,
    view,
    items,
    rows,
    list,
    atEnd,
    stay,
    goal,
    lost,
    unreadAfter,
    mark: mark.put,
  });
  useReading(list, client, settled);
  const newest = room.messages.at(-1)?.seq ?? 0;
  const theirs = useCallback(
    ({ author, state }: ChatMessage) => author !== client.user && state !== 'deleted' && !hidden.has(author),
    [client.user, hidden],
  );
  const unseen = useUnseen(atEnd && !room.island, newest, room.messages, theirs, unreadAfter);
  // What is written before the room has answered is seen at once.
  const early = view.phase === 'joining' && outbox.length > 0;
  const bones = useSkeleton(!settled && !early) && !early;
  const kept = useMemo(
    () =>
      editing === undefined
        ? undefined
        : items.findIndex((item) => item.kind === 'message' && item.message.id === editing),
    [items, editing],
  );

  const scroll = () => {
    const box = list.current;
    if (!box || !settled) return;
    const below = box.scrollHeight - box.scrollTop - box.clientHeight;
    // The end of a part of the past is not the end of the chat.
    setAtEnd(below < NEAR && !room.island);
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
    // The button goes; who has pressed it with a key is still here.
    list.current?.focus({ preventScroll: true });
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
        className={`${css.list} ${(settled && !bones) || early ? '' : css.unsettled}`}
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
          // What is being edited is kept, however far away one looks.
          {...(kept === undefined || kept < 0 ? {} : { keepMounted: [kept] })}
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
      {bones && (
        <div className={css.waiting}>
          <Opening />
        </div>
      )}
      {leading && settled && (
        <p className={css.leading} role="status">
          <Loader size={14} aria-hidden />
          {t('common:loading')}
        </p>
      )}
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

/** Where the reader had stopped: when the chat was opened here, and again when more comes while nobody looks. */
function useUnreadAfter({ phase, room }: RoomView, me: string): number | undefined {
  const at = useRef<number>(undefined);
  const before = useRef(0);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  if (at.current === undefined && phase === 'ready') at.current = room.me.read;
  const { messages } = room;
  const last = messages.at(-1);
  const { read } = room.me;
  useLayoutEffect(() => {
    const old = before.current;
    before.current = last?.seq ?? 0;
    if (old === 0 || !last || last.seq <= old || last.author === me) return;
    if (!outOfSight() || at.current === old) return;
    // Only when what others wrote before was read: else the line stands where it has to.
    if (since(messages, read).some(({ author, seq }) => author !== me && seq <= old)) return;
    at.current = old;
    draw();
  }, [last, read, me, messages]);
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
  /** Follows the end no longer. */
  stay: () => void;
  goal: Goal | undefined;
  lost: (how: 'gone' | 'failed') => void;
  unreadAfter: number | undefined;
  mark: (seq: number) => void;
};

const indexOf = (items: readonly Item[], seq: number): number =>
  items.findIndex((item) => item.kind === 'message' && item.message.seq >= seq);

/**
 * Opens at the first unread message or at the end, follows the end while the reader is there, and goes where somebody is
 * led. `settled`: whether the first place has been found; `leading`: whether another is being fetched.
 */
function usePlace(place: Place): { settled: boolean; leading: boolean } {
  const { client, view, items, rows, list, atEnd, stay, goal, lost, unreadAfter, mark } = place;
  const [settled, setSettled] = useState(false);
  const [leading, setLeading] = useState(false);
  const opening = useRef(false);
  const wished = useRef<Goal | undefined>(undefined);
  /** Whether some place is shown. */
  const opened = useRef(false);
  const [target, setTarget] = useState<{ seq: number; align: 'start' | 'center' } | undefined>(undefined);
  const last = items.at(-1)?.key ?? '';
  const ready = view.phase === 'ready';

  // The first place. What is unread may begin before the page that came with the room.
  useEffect(() => {
    if (!ready || opening.current) return;
    opening.current = true;
    const { room, outbox } = client.view();
    const first = room.messages[0]?.seq ?? 0;
    const newest = room.messages.at(-1)?.seq ?? 0;
    // Who has written already, while the room was being opened, looks at the end.
    const wrote = outbox.some(({ state }) => state === 'sending' || state === 'sent');
    const unread = unreadAfter !== undefined && unreadAfter < newest && !wrote;
    if (goal) return;
    if (!unread) {
      setTarget({ seq: Number.POSITIVE_INFINITY, align: 'start' });
      return;
    }
    const from = unreadAfter + 1;
    // Not the end, which is followed else as the rows are measured.
    stay();
    if (first <= from || !room.hasOlder) return setTarget({ seq: from, align: 'start' });
    void client.show(from).then(() => setTarget({ seq: from, align: 'start' }));
  }, [ready, client, unreadAfter, goal, stay]);

  // Where somebody is led.
  useEffect(() => {
    if (!ready || !goal || wished.current === goal) return;
    wished.current = goal;
    setLeading(true);
    void client.show(goal.seq).then((how) => {
      // Somebody was led elsewhere meanwhile.
      if (wished.current !== goal) return;
      setLeading(false);
      if (how === 'here') {
        stay();
        return setTarget({ seq: goal.seq, align: 'center' });
      }
      lost(how);
      // Whoever is here stays where they are; whoever has just come sees the newest.
      if (!opened.current) setTarget({ seq: Number.POSITIVE_INFINITY, align: 'start' });
    });
  }, [ready, goal, client, lost, stay]);

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
      opened.current = true;
      const box = list.current;
      // A short list has its end on the screen, and does not scroll. The page knows by then that it is settled.
      requestAnimationFrame(() => box?.dispatchEvent(new Event('scroll', { bubbles: true })));
      if (target.align !== 'center') return;
      mark(target.seq);
      // The quote that was pressed may not be drawn any more, and the focus with it.
      if (document.activeElement === document.body) box?.focus({ preventScroll: true });
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
    // While nobody looks, the place of what was read last is kept.
    if (!wrote && moved && atEnd && outOfSight()) return stay();
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
    if (!box || !settled) return;
    if (atEnd) box.scrollTop = box.scrollHeight;
    // What was measured smaller than it was thought may have brought the end here.
    else box.dispatchEvent(new Event('scroll', { bubbles: true }));
  }, [list, atEnd, settled]);
  useEffect(() => {
    const box = list.current;
    if (!box || typeof ResizeObserver === 'undefined') return;
    const watch = new ResizeObserver(follow);
    watch.observe(box);
    for (const child of box.children) watch.observe(child);
    return () => watch.disconnect();
  }, [list, follow]);
  return { settled, leading };
}

/** The numbers of the rows whose end is on the screen or above it. The drawn rows are few. */
function shownIn(box: HTMLElement): number[] {
  const { bottom } = box.getBoundingClientRect();
  return [...box.querySelectorAll<HTMLElement>('[data-seq]')]
    .filter((row) => row.getBoundingClientRect().bottom <= bottom + 8)
    .map((row) => Number(row.dataset.seq));
}

/** Marks as read what has been on screen for a second while the window had the focus. */
function useReading(list: React.RefObject<HTMLDivElement | null>, client: RoomClient, on: boolean) {
  useEffect(() => {
    if (!on) return;
    let before: ReadonlySet<number> = new Set();
    const timer = setInterval(() => {
      const box = list.current;
      const looks = box !== null && box.clientHeight > 0 && !outOfSight() && document.hasFocus();
      const now = new Set(looks ? shownIn(box) : []);
      if (looks && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR) {
        // What shows no row (of somebody who is blocked) is read with the end of the list.
        const { room } = client.view();
        if (!room.island && room.messages.length > 0) now.add(room.last);
      }
      const read = Math.max(0, ...[...now].filter((seq) => before.has(seq)));
      before = now;
      if (read > 0) client.seen(read);
    }, READ);
    return () => clearInterval(timer);
  }, [list, client, on]);
}

/** How many messages of others are below what the reader has come to. */
function useUnseen(
  atEnd: boolean,
  newest: number,
  messages: readonly ChatMessage[],
  theirs: (message: ChatMessage) => boolean,
  unreadAfter: number | undefined,
): number {
  const [left, setLeft] = useState<number | undefined>(undefined);
  useEffect(() => {
    if (atEnd && !outOfSight()) setLeft(newest);
  }, [atEnd, newest]);
  if (atEnd) return 0;
  const from = Math.max(left ?? 0, unreadAfter ?? 0);
  return from === 0 ? 0 : since(messages, from).filter(theirs).length;
}

/** The messages after a number. */
function since(messages: readonly ChatMessage[], seq: number): readonly ChatMessage[] {
  let index = messages.length;
  while (index > 0 && (messages[index - 1]?.seq ?? 0) > seq) index--;
  return messages.slice(index);
}

/** What a screen reader is told: the newest message of somebody else as it comes, or how many have come. */
function useSpoken({ phase, room }: RoomView, me: string, hidden: ReadonlySet<string>): string {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const [spoken, setSpoken] = useState('');
  /** Up to where it was spoken of, and when. */
  const told = useRef<{ seq: number; at: number }>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const newest = room.messages.at(-1)?.seq ?? 0;
  const say = () => {
    timer.current = undefined;
    const from = told.current?.seq ?? newest;
    told.current = { seq: newest, at: Date.now() };
    const fresh = since(room.messages, from).filter(
      ({ author, state }) => author !== me && state !== 'deleted' && !hidden.has(author),
    );
    const last = fresh.at(-1);
    if (!last) return;
    const text = wordsOf(last, t('fileWord')).slice(0, 300);
    const words =
      fresh.length === 1
        ? t('said', { name: last.author_name, text })
        : t('latest_new', { count: fresh.length, value: format.number(fresh.length) });
    // The same words again are news too.
    setSpoken((old) => (old === words ? `${words}\u00a0` : words));
  };
  const latest = useRef(say);
  latest.current = say;
  useEffect(() => {
    if (phase !== 'ready') return;
    if (told.current === undefined || newest < told.current.seq) told.current = { seq: newest, at: 0 };
    if (newest === told.current.seq || timer.current !== undefined) return;
    const pause = Math.max(GATHER, told.current.at + SPEAK - Date.now());
    timer.current = setTimeout(() => latest.current(), pause);
  }, [newest, phase]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return spoken;
}
