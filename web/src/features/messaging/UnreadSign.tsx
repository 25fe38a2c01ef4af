// The number of unread messages, on the entry to them. It is on every page, so what was left unsent is sent from here.
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { useFormat } from '~/ui/useFormat';
import css from './UnreadSign.module.css';
import { useUnread } from './unread';
import { sendLeft } from './useRoom';

/** From here on the exact number says nothing more. */
const MOST = 99;

export function UnreadSign({ on }: { on: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { total, mentions } = useUnread(on);
  const user = useSession().me?.id;
  useEffect(() => {
    if (on && user) void sendLeft(user);
  }, [on, user]);
  if (total === 0) return null;
  const value = total > MOST ? `${format.number(MOST)}+` : format.number(total);
  return (
    <span className={`${css.sign} ${mentions > 0 ? css.mention : ''}`} data-unread={total}>
      <span dir="ltr" aria-hidden>
        {value}
      </span>
      <span className="hidden">, {t('unread', { count: total, value })}</span>
    </span>
  );
}
