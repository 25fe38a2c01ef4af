// The ways to talk about a course: its forum, its author.
import { IconMessages, IconUserQuestion } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import css from './Forum.module.css';

export function CourseTalk({ courseId }: { courseId: string }) {
  const { t } = useTranslation('forum');
  return (
    <div className={css.talk}>
      <Link to="/learn/$courseId/forum" params={{ courseId }} className="link">
        <IconMessages size={16} stroke={1.75} aria-hidden />
        {t('title')}
      </Link>
      <Link to="/learn/$courseId/author" params={{ courseId }} className="link">
        <IconUserQuestion size={16} stroke={1.75} aria-hidden />
        {t('pair')}
      </Link>
    </div>
  );
}
