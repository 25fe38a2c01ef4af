// An own message, edited where it stands.
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatMessage } from '~/live/protocol';
import { typedDir } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import { useMedia } from '~/ui/useMedia';
import css from './Chat.module.css';
import { withMentions, withoutMentions } from './marks';
import { enterSends, sends } from './prefs';
import { useThread } from './thread';

const MOST = 4000;

export function EditForm({ message }: { message: ChatMessage }) {
  const { t } = useTranslation(['chat', 'common']);
  const thread = useThread();
  const format = useFormat();
  const touch = useMedia('(pointer: coarse)');
  const [start] = useState(() => withoutMentions(message.body));
  const [text, setText] = useState(start.text);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const { body, mentions } = withMentions(text.trim(), start.people);
  const files = (message.files?.length ?? 0) > 0;
  const over = [...body].length - MOST;
  const ready = (body !== '' || files) && over <= 0;

  useEffect(() => {
    const box = field.current;
    if (!box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 240)}px`;
  }, [text]);

  const save = async () => {
    if (!ready || busy) return;
    if (body === message.body) return thread.stopEditing();
    setBusy(true);
    if (await thread.save(message, body, mentions)) thread.stopEditing();
    else setBusy(false);
  };
  const key = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      thread.stopEditing();
      return;
    }
    const { key, ctrlKey, metaKey, shiftKey } = event;
    if (!sends({ key, ctrlKey, metaKey, shiftKey, isComposing: false }, enterSends(), touch)) return;
    event.preventDefault();
    void save();
  };
  return (
    <div className={css.edit}>
      <textarea
        ref={field}
        value={text}
        dir={typedDir(text)}
        rows={1}
        aria-label={t('editing')}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={key}
      />
      {over > 0 && (
        <span className={css.tooLong} role="status">
          {t('tooLong', { value: format.number(over) })}
        </span>
      )}
      <p>
        <button type="button" className="link" aria-disabled={!ready || busy} onClick={() => void save()}>
          {t('common:save')}
        </button>
        <button type="button" className="link" onClick={() => thread.stopEditing()}>
          {t('common:cancel')}
        </button>
      </p>
    </div>
  );
}
