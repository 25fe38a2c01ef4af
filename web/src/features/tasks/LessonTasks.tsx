// The tasks of a lesson, under its text: their states and the way to each.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { topicQuery } from './queries';
import { Lines } from './TaskLine';
import css from './Topic.module.css';

export function LessonTasks({
  courseId,
  topicId,
  lessonId,
}: {
  courseId: string;
  topicId: string;
  lessonId: string;
}) {
  const { t } = useTranslation('tasks');
  // Where it does not come, the lesson is whole without it: the topic's own page says why.
  const topic = useQuery(topicQuery(topicId)).data;
  const tasks = topic?.tasks.filter((task) => task.lesson_id === lessonId) ?? [];
  if (!topic || tasks.length === 0) return null;
  return (
    <section className={css.part} aria-labelledby="lesson-tasks">
      <div className={css.partHead}>
        <h2 id="lesson-tasks">{t('lessonTasks')}</h2>
        <Link to="/learn/$courseId/topics/$topicId" params={{ courseId, topicId }} className="link small">
          {t('topicLink')}
        </Link>
      </div>
      <Lines tasks={tasks} courseId={courseId} closed={!topic.is_open} label={t('lessonTasks')} />
    </section>
  );
}
