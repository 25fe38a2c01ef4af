// The search of the catalogue. "/" puts the cursor into it from anywhere but a field.
import { IconSearch, IconX } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { typedDir } from '~/ui/typedDir';
import css from './Frame.module.css';

type Props = { className: string; shortcut?: boolean; focused?: boolean; done?: () => void };

export function SearchBox({ className, shortcut = false, focused = false, done }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useSearch({ strict: false, select: (search) => (search as { q?: string }).q ?? '' });
  const [text, setText] = useState(asked);
  const [seen, setSeen] = useState(asked);
  const field = useRef<HTMLInputElement>(null);
  // The address wins when it changes (Back, a chip that was removed).
  if (seen !== asked) {
    setSeen(asked);
    setText(asked);
  }

  useEffect(() => {
    if (focused) field.current?.focus();
  }, [focused]);

  useEffect(() => {
    if (!shortcut) return;
    const hear = (event: KeyboardEvent) => {
      const at = event.target;
      const typing =
        at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, [shortcut]);

  const search = (q: string) => {
    void navigate({ to: '/catalogue', search: q ? { q } : {} });
    done?.();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    search(text.trim());
  };

  return (
    <search className={`${css.search} ${className}`}>
      <IconSearch size={18} stroke={1.75} aria-hidden />
      <form onSubmit={submit} className="grow" style={{ height: '100%', display: 'flex' }}>
        <input
          ref={field}
          type="search"
          name="q"
          dir={typedDir(text)}
          enterKeyHint="search"
          autoComplete="off"
          aria-label={t('search.label')}
          placeholder={t('search.placeholder')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      {text ? (
        <button
          type="button"
          className={css.clear}
          aria-label={t('search.clear')}
          onClick={() => {
            setText('');
            if (asked) search('');
            field.current?.focus();
          }}
        >
          <IconX size={16} stroke={1.75} />
        </button>
      ) : (
        shortcut && <kbd aria-hidden>/</kbd>
      )}
    </search>
  );
}
