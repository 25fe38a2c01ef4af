// The header of a task and of its skeleton: the way back to the topic or lesson, and the course.
import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { AccountMenu } from '~/app/AccountMenu';
import { LanguageMenu } from '~/app/LanguageMenu';
import lesson from '~/features/learning/LessonPage.module.css';
import { Logo } from '~/ui/Logo';
import type { Task } from './contract';
import css from './Task.module.css';

export function TaskHeader({ courseId, task }: { courseId: string; task?: Task | undefined }) {
  const { t } = useTranslation('tasks');
  const words = task?.lesson_id ? t('backToLesson') : t('backToTopic');
  const inside = (
    <>
      <IconArrowLeft size={20} stroke={1.75} className="flip" aria-hidden />
      <span className="only-wide">{words}</span>
      <span className="hidden only-phone">{words}</span>
    </>
  );
  return (
    <header className={lesson.header}>
      {task &&
        (task.lesson_id ? (
          <Link
            to="/learn/$courseId/$lessonId"
            params={{ courseId, lessonId: task.lesson_id }}
            className={css.back}
            aria-label={words}
          >
            {inside}
          </Link>
        ) : (
          <Link
            to="/learn/$courseId/topics/$topicId"
            params={{ courseId, topicId: task.topic.id }}
            className={css.back}
            aria-label={words}
          >
            {inside}
          </Link>
        ))}
      <Link to="/" className={lesson.logo}>
        <Logo height={26} />
      </Link>
      {task && (
        <>
          <span className={`${lesson.line} only-wide`} />
          <Link
            to="/courses/$courseId"
            params={{ courseId: task.course.id }}
            className={`medium clip mut only-wide ${lesson.courseName}`}
          >
            <bdi>{task.course.title}</bdi>
          </Link>
        </>
      )}
      <span className={lesson.headerEnd}>
        <LanguageMenu className="only-wide" />
        <AccountMenu />
      </span>
    </header>
  );
}
