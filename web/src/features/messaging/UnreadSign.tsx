// The number of unread messages, on the entry to them.
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import css from './UnreadSign.module.css';
import { useUnread } from './unread';

/** From here on the exact number says nothing more. */
const MOST = 99;

export function UnreadSign({ on }: { on: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { total, mentions } = useUnread(on);
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
