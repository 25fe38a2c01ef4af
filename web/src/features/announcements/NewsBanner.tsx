// What was announced and not read yet, above what a student came for. Nothing when there is nothing.
import { IconChevronRight, IconSpeakerphone } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { usePerson } from '~/live/person';
import { useFormat } from '~/ui/useFormat';
import css from './News.module.css';
import { announcementsQuery, refreshAnnouncements } from './queries';
import { beginning, newOnes } from './unread';

/** `live`: only where the page holds a socket anyway; a banner alone is no reason for one. */
export function NewsBanner({ course, live = false }: { course?: string; live?: boolean }) {
  const { t } = useTranslation('news');
  const format = useFormat();
  const { state } = useSession();
  const list = useInfiniteQuery({ ...announcementsQuery, enabled: state === 'user' });
  usePerson(
    ['news'],
    (frame) => {
      if (frame.kind === 'news' || frame.kind === 'school_news') void refreshAnnouncements();
    },
    live && state === 'user',
  );
  const fresh = newOnes(list.data?.pages[0]?.items ?? [], course);
  const first = fresh[0];
  if (!first) return null;
  return (
    <Link to="/announcements" className={css.banner}>
      <IconSpeakerphone size={20} stroke={1.75} aria-hidden />
      <span className={css.bannerText}>
        <b>{t('fresh', { count: fresh.length, value: format.number(fresh.length) })}</b>{' '}
        <span dir="auto">{beginning(first.body)}</span>
      </span>
      <IconChevronRight size={18} stroke={1.75} className="flip" aria-hidden />
    </Link>
  );
}
