// The entry to the messages, with how many are unread. The number, and the socket behind it, come after the page itself.
import { IconMessages } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import css from './Frame.module.css';

// A sign that does not come is no reason to break the page.
const UnreadSign = lazy(() =>
  import('~/features/messaging/UnreadSign').then(
    (file) => ({ default: file.UnreadSign }),
    () => ({ default: () => null }),
  ),
);

/** How long the page has the network for itself, in milliseconds. */
const AFTER = 1_500;

/** Whether this person's unread messages are to be known by now. */
function useLater(on: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!on) return setLate(false);
    const timer = setTimeout(() => setLate(true), AFTER);
    return () => clearTimeout(timer);
  }, [on]);
  return late;
}

export function MessagesLink({ bar = false }: { bar?: boolean }) {
  const { t } = useTranslation();
  const { state } = useSession();
  const on = useLater(state === 'user');
  const sign = on && (
    <Suspense fallback={null}>
      <UnreadSign on />
    </Suspense>
  );
  if (bar) {
    return (
      <Link to="/messages">
        <span className={css.signed}>
          <IconMessages size={22} stroke={1.75} aria-hidden />
          {sign}
        </span>
        {t('messages')}
      </Link>
    );
  }
  if (state !== 'user') return null;
  return (
    <Link to="/messages" className={`${css.icon} ${css.signed} only-wide`} title={t('messages')}>
      <IconMessages size={22} stroke={1.75} aria-hidden />
      <span className="hidden">{t('messages')}</span>
      {sign}
    </Link>
  );
}
