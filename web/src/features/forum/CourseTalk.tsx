// The ways to talk about a course: its forum, its author.
import { IconMessages, IconUserQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import css from './Forum.module.css';

type Props = { courseId: string; author: string };

export function CourseTalk({ courseId, author }: Props) {
  const { me } = useSession();
  const { t } = useTranslation('forum');
  return (
    <div className={css.talk}>
      <Link to="/learn/$courseId/forum" params={{ courseId }} className="link">
        <IconMessages size={16} stroke={1.75} aria-hidden />
        {t('title')}
      </Link>
      {me?.id !== author && (
        <Link to="/learn/$courseId/author" params={{ courseId }} className="link">
          <IconUserQuestion size={16} stroke={1.75} aria-hidden />
          {t('pair')}
        </Link>
      )}
    </div>
  );
}
