// The tasks of a lesson, under its text: their states and the way to each.
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { TaskRow } from './contract';
import { Lines } from './TaskLine';
import css from './Topic.module.css';

type Props = { courseId: string; topicId: string; tasks: TaskRow[] };

export function LessonTasks({ courseId, topicId, tasks }: Props) {
  const { t } = useTranslation('tasks');
  if (tasks.length === 0) return null;
  return (
    <section className={css.part} aria-labelledby="lesson-tasks">
      <div className={css.partHead}>
        <h2 id="lesson-tasks">{t('lessonTasks')}</h2>
        <Link to="/learn/$courseId/topics/$topicId" params={{ courseId, topicId }} className="link small">
          {t('topicLink')}
        </Link>
      </div>
      <Lines tasks={tasks} courseId={courseId} closed={false} label={t('lessonTasks')} />
    </section>
  );
}
