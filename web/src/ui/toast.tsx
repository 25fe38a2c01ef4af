// A short word after something was done, with Undo where that is possible. One at a time, six seconds. Errors do not
// belong here: they stay in place beside what failed.
import { IconX } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { useTranslation } from 'react-i18next';
import css from './toast.module.css';

type Toast = { text: string; action?: { label: string; run: () => void } };

let shown: Toast | undefined;
const hearers = new Set<() => void>();
const set = (next: Toast | undefined) => {
  shown = next;
  for (const hear of hearers) hear();
};

export const toast = (next: Toast): void => set(next);

/** Takes away what is shown: an Undo of what has changed again since would take back more than its last step. */
export const dropToast = (): void => set(undefined);

const LIFE = 6_000;

function listenFull(hear: () => void) {
  document.addEventListener('fullscreenchange', hear);
  return () => document.removeEventListener('fullscreenchange', hear);
}

export function Toasts() {
  const { t } = useTranslation();
  const current = useSyncExternalStore(
    (hear) => {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    () => shown,
  );
  useEffect(() => {
    if (!current) return;
    const timer = setTimeout(() => set(undefined), LIFE);
    return () => clearTimeout(timer);
  }, [current]);
  const full = useSyncExternalStore(listenFull, () => document.fullscreenElement);
  const place = (
    <div className={css.place} role="status" aria-live="polite">
      {current && (
        <div className={css.toast}>
          <span className="grow">{current.text}</span>
          {current.action && (
            <button
              type="button"
              className={css.action}
              onClick={() => {
                current.action?.run();
                set(undefined);
              }}
            >
              {current.action.label}
            </button>
          )}
          <button type="button" className={css.close} aria-label={t('close')} onClick={() => set(undefined)}>
            <IconX size={18} stroke={1.75} />
          </button>
        </div>
      )}
    </div>
  );
  // In full screen only what is inside that element can be seen.
  return full && !(full instanceof HTMLVideoElement) ? createPortal(place, full) : place;
}
