// A room that cannot be entered, and one that is being opened.
import { IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import type { Banned } from '~/live/room';
import { Failed, State } from '~/ui/State';
import css from './Chat.module.css';

/** A course is not owned yet, or nothing more is known. */
export type Why = 'course' | 'closed';

export function NotMember({ why, banned }: { why: Why; banned?: Banned | undefined }) {
  const { t } = useTranslation('chat');
  const words = banned ? 'banned' : why === 'course' ? 'notMember' : 'closed';
  return (
    <div className={css.refused}>
      <State icon={<IconLock size={28} stroke={1.5} />} title={t(words)}>
        {t(`${words}Text`)}{' '}
        {banned &&
          (banned.reason ? <bdi>{t('mutedReason', { reason: banned.reason })}</bdi> : t('bannedAsk'))}
      </State>
    </div>
  );
}

/** In place of a room that was asked for and not given. `why`: what to say where it is not for this person. */
export function NoRoom({ error, retry, why }: { error: unknown; retry: () => void; why?: Why }) {
  if (isApiError(error) && error.code === 'chat_banned') {
    const { reason } = error.more;
    return <NotMember why="closed" banned={{ reason: typeof reason === 'string' ? reason : undefined }} />;
  }
  if (why && isApiError(error) && [402, 403, 404].includes(error.status)) return <NotMember why={why} />;
  return <Failed error={error} retry={retry} />;
}

export function Opening() {
  const { t } = useTranslation('chat');
  return (
    <div className={css.opening} aria-busy="true">
      <span className="hidden" role="status">
        {t('joining')}
      </span>
      <span />
      <span />
      <span />
    </div>
  );
}
