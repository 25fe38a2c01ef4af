// Where one writes. A draft is kept per room until it is sent; the link to the moment in the video can be taken along.
import { IconArrowUp, IconClock, IconX } from '@tabler/icons-react';
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomClient } from '~/live/roomClient';
import { typedDir } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';

/** The server takes this many characters. */
const MOST = 4000;
const WARN = 200;

const draftKey = (client: RoomClient) => `ilm.draft.${client.user}.${client.room}`;

function readDraft(client: RoomClient): string {
  try {
    return localStorage.getItem(draftKey(client)) ?? '';
  } catch {
    return '';
  }
}

function keepDraft(client: RoomClient, text: string): void {
  try {
    if (text) localStorage.setItem(draftKey(client), text);
    else localStorage.removeItem(draftKey(client));
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

/** A question from elsewhere on the page: the moment it is about, and words to begin with. Each one is a new object. */
export type Ask = {
  second: number | undefined;
  text?: string | undefined;
  /** The words come after what is being written, rather than only into an empty field (an answer template). */
  append?: boolean;
};

/** What has been taken up already: the composer may be drawn anew, and the question is asked once. */
const taken = new WeakSet<Ask>();

type Props = {
  client: RoomClient;
  /** The lesson whose moments can be linked to. */
  lessonId: string | undefined;
  second: (() => number) | undefined;
  ask?: Ask | undefined;
  placeholder?: string | undefined;
};

export function Composer({ client, lessonId, second, ask, placeholder }: Props) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const [text, setText] = useState(() => readDraft(client));
  const [at, setAt] = useState<number | undefined>(undefined);
  const field = useRef<HTMLTextAreaElement>(null);
  const hint = useId();
  const left = MOST - [...text].length;
  const ready = text.trim() !== '' && left >= 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
  }, [text]);

  useEffect(() => {
    if (!ask || taken.has(ask)) return;
    taken.add(ask);
    if (ask.second !== undefined) setAt(Math.floor(ask.second));
    const words = ask.text;
    // What is being written stays.
    if (words) setText((old) => (!old.trim() ? words : ask.append ? `${old.trimEnd()}\n${words}` : old));
    field.current?.focus();
  }, [ask]);

  const change = (value: string) => {
    setText(value);
    keepDraft(client, value);
    if (value.trim()) client.typing();
  };
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready) return;
    client.send(text.trim(), at === undefined || !lessonId ? {} : { at: { lesson: lessonId, second: at } });
    change('');
    setAt(undefined);
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    // Enter that ends a word of an input method belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form className={css.composer} onSubmit={send}>
      {at !== undefined && (
        <span className={css.moment}>
          <IconClock size={14} stroke={1.75} aria-hidden />
          <bdi className="num">{format.clock(at)}</bdi>
          <button type="button" aria-label={t('unlink')} onClick={() => setAt(undefined)}>
            <IconX size={14} stroke={1.75} />
          </button>
        </span>
      )}
      <div className={css.compose}>
        {second && lessonId && at === undefined && (
          <button
            type="button"
            className={css.attach}
            title={t('attach', { at: format.clock(second()) })}
            aria-label={t('attach', { at: format.clock(second()) })}
            onClick={() => {
              setAt(Math.floor(second()));
              field.current?.focus();
            }}
          >
            <IconClock size={20} stroke={1.75} />
          </button>
        )}
        <textarea
          ref={field}
          rows={1}
          dir={typedDir(text)}
          value={text}
          enterKeyHint="send"
          aria-label={t('placeholder')}
          aria-describedby={hint}
          placeholder={
            at === undefined
              ? (placeholder ?? t('placeholder'))
              : t('placeholderAt', { at: format.clock(at) })
          }
          onChange={(event) => change(event.currentTarget.value)}
          onKeyDown={key}
        />
        <button type="submit" className={css.send} aria-label={t('send')} aria-disabled={!ready}>
          <IconArrowUp size={20} stroke={1.75} />
        </button>
      </div>
      <span id={hint} className="hidden">
        {t('hint')}
      </span>
      {left < WARN && (
        <span className={`micro ${left < 0 ? css.tooLong : 'mut'}`} role="status">
          {left < 0
            ? t('tooLong', { value: format.number(-left) })
            : t('left', { count: left, value: format.number(left) })}
        </span>
      )}
    </form>
  );
}
