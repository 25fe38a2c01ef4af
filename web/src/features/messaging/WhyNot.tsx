// In place of the composer: why nothing can be written, and until when.
import { IconLock, IconVolumeOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { RoomState } from '~/live/room';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';

export function WhyNot({ room }: { room: RoomState }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const { muted, locked, needWrong, kind } = room;
  if (muted) {
    return (
      <p className={css.readOnly} role="status">
        <IconVolumeOff size={18} stroke={1.75} aria-hidden />
        <span>
          {muted.until ? t('mutedUntil', { date: format.near(muted.until) }) : t('mutedForGood')}{' '}
          {muted.reason && <bdi>{t('mutedReason', { reason: muted.reason })}</bdi>}
        </span>
      </p>
    );
  }
  const news = kind === 'news' || kind === 'school_news';
  return (
    <p className={css.readOnly} role="status">
      <IconLock size={18} stroke={1.75} aria-hidden />
      {needWrong
        ? t('needWrong', { count: needWrong, value: format.number(needWrong) })
        : locked
          ? t('locked')
          : t(news ? 'newsOnly' : 'readOnly')}
    </p>
  );
}
