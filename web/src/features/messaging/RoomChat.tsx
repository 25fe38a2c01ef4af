// A chat room as any page may show it: who is here, what was said, what I say. Fills the box that it is put into.
import { IconPlugConnectedX, IconUpload, IconWifiOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import {
  type DragEvent,
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import type { RoomDeed } from '~/features/moderation/contract';
import { live, useLiveState } from '~/live';
import { quoteOf } from '~/live/apply';
import type { Unsent } from '~/live/outbox';
import type { ChatFile, ChatMessage, Quote } from '~/live/protocol';
import { shown } from '~/live/room';
import type { RoomClient } from '~/live/roomClient';
import { toast } from '~/ui/toast';
import { useMedia } from '~/ui/useMedia';
import { attach, putBack } from './attach';
import css from './Chat.module.css';
import { type Ask, Composer } from './Composer';
import { isRoomKind, type RoomKind } from './kinds';
import type { Chosen, Deeds } from './MessageMenu';
import { type Goal, Messages } from './Messages';
import { withoutMentions } from './marks';
import { PinBar } from './PinBar';
import { readDraft } from './prefs';
import { blocksQuery } from './queries';
import { RoomHead } from './RoomHead';
import { NotMember, Opening } from './RoomStates';
import type { Template } from './Suggest';
import { type ChatLesson, type Thread, ThreadContext } from './thread';
import { useFaultText } from './useFault';
import { useRoom, useRoomView } from './useRoom';
import { WhyNot } from './WhyNot';
import { mayWriteTo, useWriteTo } from './write';

const MessageMenu = lazy(() => import('./MessageMenu').then((file) => ({ default: file.MessageMenu })));
const DeleteDialog = lazy(() => import('./Dialogs').then((file) => ({ default: file.DeleteDialog })));
const ReportDialog = lazy(() => import('./Dialogs').then((file) => ({ default: file.ReportDialog })));
const BlockDialog = lazy(() => import('./Dialogs').then((file) => ({ default: file.BlockDialog })));
const Viewer = lazy(() => import('./Dialogs').then((file) => ({ default: file.Viewer })));
const ModerateDialog = lazy(() =>
  import('~/features/moderation/ModerateDialog').then((file) => ({ default: file.ModerateDialog })),
);
const RoomSearch = lazy(() => import('./RoomSearch').then((file) => ({ default: file.RoomSearch })));

export type { ChatLesson };

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
  /** Words that can be put in with a slash. */
  templates?: readonly Template[];
  /** A place that the thread is to show first, by its number. */
  at?: number | undefined;
  /** A message was written (it may still be on its way). */
  onSent?: () => void;
};

/** It may come late onto a page that is read already: nothing but itself waits for its words. */
export function RoomChat(props: RoomChatProps) {
  return (
    <Suspense fallback={<section className={css.chat} aria-busy="true" />}>
      <Chat {...props} />
    </Suspense>
  );
}

function Chat(props: RoomChatProps) {
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

/** What is open beside the thread. */
type Open =
  | { what: 'delete' | 'report' | 'block'; message: ChatMessage }
  | { what: 'moderate'; deed: RoomDeed; user?: { id: string; name: string } }
  | { what: 'view'; files: readonly ChatFile[]; file: ChatFile }
  | undefined;

function Inside({ client, ...props }: RoomChatProps & { client: RoomClient }) {
  const { t } = useTranslation('chat');
  const view = useRoomView(client);
  const { room } = view;
  const { lesson, compact = false } = props;
  const kind = isRoomKind(room.kind) ? room.kind : (props.roomKind ?? 'general');
  const [goal, setGoal] = useState<Goal | undefined>(() =>
    props.at === undefined ? undefined : { seq: props.at },
  );
  const [reply, setReply] = useState(() => readDraft(client.user, client.room).reply);
  const [editing, setEditing] = useState<string | undefined>(undefined);
  const [chosen, setChosen] = useState<Chosen | undefined>(undefined);
  const [open, setOpen] = useState<Open>(undefined);
  const [searching, setSearching] = useState(false);
  const talk = { course: room.course, kind, role: room.role };
  const write = useWriteTo(talk);
  const fault = useFaultText();
  const hidden = useHidden(client.user);
  const failed = useCallback((error: unknown) => toast({ text: fault(error) }), [fault]);
  const field = useRef<HTMLTextAreaElement>(null);
  const touch = useMedia('(pointer: coarse)');
  const { opener, giveBack } = useOpener();
  const [ask, setAsk] = useState(props.ask);
  useEffect(() => setAsk(props.ask), [props.ask]);
  const writes = room.canWrite && !room.muted;
  const rewrite = useCallback(
    ({ client_id, body, at, reply: to, files }: Unsent) => {
      setAsk({ second: at?.second, append: true, ...withoutMentions(body) });
      if (to) setReply(to);
      if (files) putBack(`${client.user} ${client.room}`, files);
      client.cancel(client_id);
    },
    [client],
  );
  const lost = useCallback(
    (how: 'gone' | 'failed') => toast({ text: t(how === 'gone' ? 'notFoundHere' : 'fault.timeout') }),
    [t],
  );
  const drop = useDrop(client, (what) => toast({ text: t(`filesToo.${what}`) }));

  const find = useCallback(
    (quote: Quote) => {
      void client.find(quote).then((seq) => {
        if (seq === undefined) toast({ text: t('notFoundHere') });
        else setGoal({ seq });
      });
    },
    [client, t],
  );
  const thread = useMemo(
    (): Thread => ({
      user: client.user,
      room: client.room,
      course: room.course,
      lesson,
      menu: (message, at) => {
        opener.current = at;
        setChosen({ message, at: at.getBoundingClientRect() });
      },
      react: (message, emoji, on) => void client.react(message.id, emoji, on).catch(failed),
      find,
      view: (files, file) => {
        opener.current = document.activeElement ?? undefined;
        setOpen({ what: 'view', files, file });
      },
      save: (message, text, mentions) =>
        client.edit(message, text, mentions).then(
          () => true,
          (error) => {
            failed(error);
            return false;
          },
        ),
      stopEditing: () => {
        setEditing(undefined);
        // On a touch screen it would bring the keyboard up again.
        if (!touch) field.current?.focus();
      },
      rewrite: writes ? rewrite : undefined,
    }),
    [client, room.course, lesson, failed, find, opener, touch, writes, rewrite],
  );

  if (view.phase === 'refused' || room.banned) {
    return <NotMember why={props.roomKind === 'lesson' ? 'course' : 'closed'} banned={room.banned} />;
  }

  const pinned = (message: ChatMessage) => room.pinned.some((pin) => pin.id === message.id);
  const deedsOf = (message: ChatMessage): Deeds => {
    const own = message.author === client.user;
    const { moderates } = room;
    const fresh = Date.now() - Date.parse(message.created_at) < OWN_WINDOW;
    const asks = kind === 'question' || kind === 'forum';
    const mayAccept = asks && (moderates || room.owner === client.user);
    const text = message.body;
    return {
      react: writes ? (emoji, on) => void client.react(message.id, emoji, on).catch(failed) : undefined,
      reply: writes ? () => setReply(quoting(message)) : undefined,
      copy: text ? () => void copy(text, t('copied')) : undefined,
      link: () => void copy(linkOf(client.room, message.seq), t('linkCopied')),
      write: !own && mayWriteTo(talk, message.author_role) ? () => write(message.author) : undefined,
      edit: own && (moderates || fresh) && writes ? () => setEditing(message.id) : undefined,
      pin: moderates ? () => void client.pin(message.id, !pinned(message)).catch(failed) : undefined,
      accept: mayAccept
        ? () => void client.accept(room.accepted === message.id ? null : message.id).catch(failed)
        : undefined,
      report: own ? undefined : () => setOpen({ what: 'report', message }),
      block: own || message.author_role !== 'student' ? undefined : () => setOpen({ what: 'block', message }),
      remove: moderates || (own && fresh) ? () => setOpen({ what: 'delete', message }) : undefined,
      // Nobody acts on their own rank; between moderators the server knows who may.
      moderate:
        moderates && !own
          ? (deed) =>
              setOpen({ what: 'moderate', deed, user: { id: message.author, name: message.author_name } })
          : undefined,
    };
  };
  const moderateRoom = (deed: RoomDeed) => {
    opener.current = undefined;
    setOpen({ what: 'moderate', deed });
  };
  const editLast = () => {
    const now = Date.now();
    const last = shown(room).findLast(
      (message) => message.author === client.user && message.state !== 'deleted',
    );
    if (last && now - Date.parse(last.created_at) < OWN_WINDOW) setEditing(last.id);
  };
  const close = () => {
    setOpen(undefined);
    giveBack();
  };

  return (
    <ThreadContext value={thread}>
      {!compact && (
        <RoomHead
          client={client}
          view={view}
          kind={kind}
          title={props.title}
          actions={props.actions}
          searching={searching}
          search={() => {
            opener.current = document.activeElement ?? undefined;
            setSearching(!searching);
          }}
          moderate={room.moderates ? moderateRoom : undefined}
        />
      )}
      <Link />
      {searching && (
        <Suspense fallback={null}>
          <RoomSearch
            room={client.room}
            close={() => {
              setSearching(false);
              giveBack();
            }}
            go={(seq) => setGoal({ seq })}
          />
        </Suspense>
      )}
      {room.pinned.length > 0 && <PinBar pinned={room.pinned} find={find} />}
      {props.note && <div className={css.note}>{props.note}</div>}
      <div className={css.drop} {...drop.on}>
        <Messages
          client={client}
          view={view}
          kind={kind}
          goal={goal}
          editing={editing}
          hidden={hidden}
          lost={lost}
        />
        {view.phase === 'ready' && (!room.canWrite || room.muted) ? (
          <WhyNot room={room} />
        ) : (
          <>
            {props.tools}
            <Composer
              client={client}
              field={field}
              lessonId={lesson?.lessonId}
              second={lesson?.second}
              ask={ask}
              placeholder={props.placeholder}
              templates={props.templates}
              reply={reply}
              dropReply={() => setReply(undefined)}
              editLast={editLast}
              pausedUntil={view.pausedUntil}
              trouble={(what) => toast({ text: t(`filesToo.${what}`) })}
              onSent={props.onSent}
            />
          </>
        )}
        {drop.over && (
          <p className={css.dropHere} aria-hidden>
            <IconUpload size={28} stroke={1.5} />
            {t('dropHere')}
          </p>
        )}
      </div>
      <Suspense fallback={null}>
        {chosen && (
          <MessageMenu
            chosen={chosen}
            deeds={deedsOf(chosen.message)}
            pinned={pinned(chosen.message)}
            accepted={room.accepted === chosen.message.id}
            close={() => {
              setChosen(undefined);
              giveBack();
            }}
          />
        )}
        {open?.what === 'delete' && (
          <DeleteDialog
            message={open.message}
            close={close}
            withReason={open.message.author !== client.user}
            remove={(reason) => client.remove(open.message.id, reason)}
          />
        )}
        {open?.what === 'report' && <ReportDialog room={client.room} message={open.message} close={close} />}
        {open?.what === 'block' && <BlockDialog message={open.message} close={close} />}
        {open?.what === 'moderate' && (
          <ModerateDialog
            room={client.room}
            deed={open.deed}
            user={open.user}
            course={room.course !== undefined}
            slow={room.slowS}
            close={close}
          />
        )}
        {open?.what === 'view' && <Viewer files={open.files} start={open.file} close={close} />}
      </Suspense>
    </ThreadContext>
  );
}

/** Own messages can be changed and taken back for so long, in milliseconds; the server decides. */
const OWN_WINDOW = 15 * 60_000;

const quoting = ({ id, seq, author, author_name, body }: ChatMessage): Quote => ({
  id,
  seq,
  author,
  author_name,
  text: quoteOf(body),
});

const linkOf = (room: string, seq: number): string =>
  new URL(`/messages/${room}?at=${seq}`, location.href).href;

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ text: done });
  } catch {
    // Without the right to the clipboard the text itself can be taken from the message.
    toast({ text });
  }
}

/**
 * What has opened a menu or a dialog, and the way back to it: who goes by the keyboard goes on from there. Nothing happens
 * where something else has taken the focus (the field, for an answer).
 */
function useOpener() {
  const opener = useRef<Element | undefined>(undefined);
  const giveBack = useCallback(() => {
    // What takes the focus does so when it is drawn.
    setTimeout(() => {
      const { activeElement } = document;
      if (activeElement && activeElement !== document.body) return;
      const from = opener.current;
      if (!(from instanceof HTMLElement)) return;
      if (from.isConnected) from.focus({ preventScroll: true });
    }, 50);
  }, []);
  return { opener, giveBack };
}

const nobody: ReadonlySet<string> = new Set();

/** Authors whose messages this person does not want to see. */
function useHidden(user: string): ReadonlySet<string> {
  const { data } = useQuery({ ...blocksQuery, enabled: user !== '' });
  return useMemo(
    () => (data && data.items.length > 0 ? new Set(data.items.map((one) => one.id)) : nobody),
    [data],
  );
}

/** Files that are dropped anywhere over the thread. */
function useDrop(client: RoomClient, trouble: (what: 'many' | 'large') => void) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  const withFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  return {
    over,
    on: {
      onDragEnter: (event: DragEvent) => {
        if (!withFiles(event)) return;
        depth.current++;
        setOver(true);
      },
      onDragLeave: (event: DragEvent) => {
        if (!withFiles(event)) return;
        depth.current = Math.max(0, depth.current - 1);
        if (depth.current === 0) setOver(false);
      },
      onDragOver: (event: DragEvent) => {
        if (withFiles(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        if (!withFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        const what = attach(`${client.user} ${client.room}`, client.room, [...event.dataTransfer.files]);
        if (what) trouble(what);
      },
    },
  };
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
