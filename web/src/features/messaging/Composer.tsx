// Where one writes. A draft is kept per room until it is sent; files go up while one writes; the link to the moment in
// the video can be taken along.
import { IconArrowUp, IconClock, IconCornerUpLeft, IconX } from '@tabler/icons-react';
import {
  type ClipboardEvent,
  type FormEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import type { Quote } from '~/live/protocol';
import type { RoomClient } from '~/live/roomClient';
import { typedDir } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import { useMedia } from '~/ui/useMedia';
import { AttachedList } from './AttachedList';
import { attach, clearAttached, useAttached } from './attach';
import css from './Chat.module.css';
import { ComposerTools } from './ComposerTools';
import { type Person, plain, withMentions } from './marks';
import { enterSends, keepDraft, readDraft, sends } from './prefs';
import { type Suggestion, Suggestions, type Template, useSuggestions } from './Suggest';

/** The server takes this many characters. */
const MOST = 4000;
const WARN = 200;

/** A question from elsewhere on the page: the moment it is about, and words to begin with. Each one is a new object. */
export type Ask = {
  second: number | undefined;
  text?: string | undefined;
  /** The words come after what is being written, rather than only into an empty field (an answer template). */
  append?: boolean;
  /** Whom the words name after an @. */
  people?: readonly Person[];
};

/** What has been taken up already: the composer may be drawn anew, and the question is asked once. */
const taken = new WeakSet<Ask>();

type Props = {
  client: RoomClient;
  field: RefObject<HTMLTextAreaElement | null>;
  /** The lesson whose moments can be linked to. */
  lessonId: string | undefined;
  second: (() => number) | undefined;
  ask?: Ask | undefined;
  placeholder?: string | undefined;
  templates?: readonly Template[] | undefined;
  /** What the next message answers. */
  reply: Quote | undefined;
  dropReply: () => void;
  /** Opens the last own message for editing. */
  editLast: () => void;
  /** The clock's time before which nothing more is taken. */
  pausedUntil: number;
  trouble: (what: 'many' | 'large') => void;
  onSent?: (() => void) | undefined;
};

const none: readonly Template[] = [];

/** As high as the words, up to some lines. */
function stretch(box: HTMLTextAreaElement | null): void {
  if (!box) return;
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
}

export function Composer(props: Props) {
  const { client, field, lessonId, second, ask, placeholder, reply, dropReply, pausedUntil } = props;
  const { user, room } = client;
  const { t } = useTranslation('chat');
  const format = useFormat();
  const place = `${user} ${room}`;
  const [draft] = useState(() => readDraft(user, room));
  const [text, setText] = useState(draft.text);
  const [cursor, setCursor] = useState(0);
  const [at, setAt] = useState(draft.at);
  const [people, setPeople] = useState<readonly Person[]>(draft.people ?? []);
  const picker = useRef<HTMLInputElement>(null);
  const hint = useId();
  const listId = useId();
  const touch = useMedia('(pointer: coarse)');
  const files = useAttached(place);
  const suggestions = useSuggestions(room, user, text, cursor, props.templates ?? none);
  const seconds = useCountdown(pausedUntil);
  const { body, mentions } = withMentions(text.trim(), people);
  const left = MOST - [...body].length;
  const uploading = files.some((file) => file.state === 'uploading');
  const broken = files.some((file) => file.state === 'failed');
  const usable = files.flatMap((file) => (file.done ? [file.done] : []));
  const ready = (body !== '' || usable.length > 0) && left >= 0 && !uploading && !broken && seconds === 0;

  // Words, answer, moment and people stay together, also those that somebody else has put here.
  useEffect(() => keepDraft(user, room, { text, at, reply, people }), [user, room, text, at, reply, people]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useEffect(() => stretch(field.current), [text]);
  // And the width: a phone that is turned breaks the lines elsewhere.
  useEffect(() => {
    const box = field.current;
    if (!box || typeof ResizeObserver === 'undefined') return;
    let width = box.clientWidth;
    const watch = new ResizeObserver(() => {
      if (box.clientWidth === width) return;
      width = box.clientWidth;
      stretch(box);
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, [field]);

  useEffect(() => {
    if (!ask || taken.has(ask)) return;
    taken.add(ask);
    if (ask.second !== undefined) setAt(Math.floor(ask.second));
    const { text: words, people: named } = ask;
    if (named)
      setPeople((known) => [...known, ...named.filter(({ id }) => known.every((one) => one.id !== id))]);
    // What is being written stays.
    if (words) setText((old) => (!old.trim() ? words : ask.append ? `${old.trimEnd()}\n${words}` : old));
    field.current?.focus();
  }, [ask, field]);

  useEffect(() => {
    if (reply && reply !== draft.reply) field.current?.focus();
  }, [reply, draft, field]);

  const change = (value: string, to?: number) => {
    setText(value);
    if (value.trim()) client.typing();
    if (to === undefined) return;
    setCursor(to);
    requestAnimationFrame(() => field.current?.setSelectionRange(to, to));
  };
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready) return;
    client.send(body, {
      ...(at === undefined || !lessonId ? {} : { at: { lesson: lessonId, second: at } }),
      ...(reply ? { reply } : {}),
      ...(usable.length > 0 ? { files: usable } : {}),
      ...(mentions.length > 0 ? { mentions } : {}),
    });
    change('');
    // At once: a page that is closed now must not offer the same words again.
    keepDraft(user, room, { text: '' });
    setAt(undefined);
    setPeople([]);
    clearAttached(place);
    dropReply();
    props.onSent?.();
    field.current?.focus();
  };
  const take = (one: Suggestion) => {
    if (one.kind === 'template') return change(one.template.body, one.template.body.length);
    const name = `@${one.person.name} `;
    setPeople((known) => [...known.filter(({ id }) => id !== one.person.id), one.person]);
    change(text.slice(0, one.from) + name + text.slice(cursor), one.from + name.length);
  };
  const key = (event: KeyboardEvent) => {
    const { chosen, list, step, close } = suggestions;
    if (chosen && !event.nativeEvent.isComposing) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        return step(event.key === 'ArrowDown' ? 1 : -1);
      }
      if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey)) {
        event.preventDefault();
        return take(chosen);
      }
    }
    if (event.key === 'Escape' && (list.length > 0 || reply)) {
      event.preventDefault();
      event.stopPropagation();
      return list.length > 0 ? close() : dropReply();
    }
    if (event.key === 'ArrowUp' && text === '' && !event.shiftKey) {
      event.preventDefault();
      return props.editLast();
    }
    const { isComposing } = event.nativeEvent;
    const { ctrlKey, metaKey, shiftKey } = event;
    const pressed = { key: event.key, isComposing, ctrlKey, metaKey, shiftKey };
    if (!sends(pressed, enterSends(), touch)) return;
    event.preventDefault();
    send();
  };
  const add = (list: readonly File[]) => {
    const trouble = attach(place, room, list);
    if (trouble) props.trouble(trouble);
  };
  const paste = (event: ClipboardEvent) => {
    const pasted = [...event.clipboardData.files];
    // A table copied from a sheet brings its picture along: the words are meant then.
    if (pasted.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    add(pasted);
  };
  /** Puts the chosen words between marks: a line into `…`, several into ```…```. */
  const code = () => {
    const box = field.current;
    const [from, to] = [box?.selectionStart ?? text.length, box?.selectionEnd ?? text.length];
    const words = text.slice(from, to);
    const block = words === '' || words.includes('\n');
    const open = block ? `${from > 0 && text[from - 1] !== '\n' ? '\n' : ''}\`\`\`\n` : '`';
    const end = block ? '\n```' : '`';
    const inside = from + open.length + words.length;
    change(text.slice(0, from) + open + words + end + text.slice(to), inside);
    box?.focus();
  };

  return (
    <form className={css.composer} onSubmit={send}>
      {reply && (
        <div className={css.replying}>
          <IconCornerUpLeft size={16} stroke={1.75} aria-hidden className="flip" />
          <span className="grow">
            <b>{t('replyTo', { name: reply.author_name })}</b>
            <span className="clip" dir="auto">
              {plain(reply.text) || t('fileWord')}
            </span>
          </span>
          <button type="button" className={css.small} aria-label={t('cancelReply')} onClick={dropReply}>
            <IconX size={16} stroke={1.75} aria-hidden />
          </button>
        </div>
      )}
      {at !== undefined && (
        <span className={css.moment}>
          <IconClock size={14} stroke={1.75} aria-hidden />
          <bdi className="num">{format.clock(at)}</bdi>
          <button type="button" aria-label={t('unlink')} onClick={() => setAt(undefined)}>
            <IconX size={14} stroke={1.75} />
          </button>
        </span>
      )}
      <AttachedList place={place} room={room} files={files} />
      <Suggestions id={listId} list={suggestions.list} chosen={suggestions.chosen} take={take} />
      <div className={css.compose}>
        <ComposerTools
          pick={() => picker.current?.click()}
          moment={
            second && lessonId && at === undefined
              ? {
                  at: format.clock(second()),
                  take: () => {
                    setAt(Math.floor(second()));
                    field.current?.focus();
                  },
                }
              : undefined
          }
          code={code}
        />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label={t('attachFile')}
          onChange={(event) => {
            add([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = '';
          }}
        />
        <textarea
          ref={field}
          rows={1}
          dir={typedDir(text)}
          value={text}
          enterKeyHint={touch ? 'enter' : 'send'}
          aria-autocomplete="list"
          aria-controls={suggestions.list.length > 0 ? listId : undefined}
          aria-activedescendant={suggestions.chosen ? `${listId}-${suggestions.chosen.id}` : undefined}
          aria-label={t('placeholder')}
          aria-describedby={touch ? undefined : hint}
          placeholder={
            at === undefined
              ? (placeholder ?? t('placeholder'))
              : t('placeholderAt', { at: format.clock(at) })
          }
          onChange={(event) => {
            change(event.currentTarget.value);
            setCursor(event.currentTarget.selectionStart);
          }}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart)}
          onPaste={paste}
          onKeyDown={key}
        />
        <button type="submit" className={css.send} aria-label={t('send')} aria-disabled={!ready}>
          <IconArrowUp size={20} stroke={1.75} />
        </button>
      </div>
      <span id={hint} className="hidden">
        {t(enterSends() ? 'hint' : 'hintLine')}
      </span>
      <p className={css.hints}>
        {seconds > 0 && <span role="timer">{t('slowWait', { span: format.span(seconds) })}</span>}
        {uploading && body !== '' && <span role="status">{t('waitUpload')}</span>}
        {broken && (
          <span className={css.tooLong} role="status">
            {t('uploadFailed')}
          </span>
        )}
        {/[$`]/.test(text) && <span>{t('marksHint')}</span>}
        {left < WARN && (
          <span className={left < 0 ? css.tooLong : ''} role="status">
            {left < 0
              ? t('tooLong', { value: format.number(-left) })
              : t('left', { count: left, value: format.number(left) })}
          </span>
        )}
      </p>
    </form>
  );
}

/** Whole seconds until a time of the clock; 0 when it has passed. */
function useCountdown(until: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    if (until <= Date.now()) return;
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= until) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, Math.ceil((until - now) / 1000));
}
