// The header of a lesson: the way out, the course, and how far it has come. Kept low, since the lesson is the page.
import { IconArrowLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '~/api/client';
import { AccountMenu } from '~/app/AccountMenu';
import { LanguageMenu } from '~/app/LanguageMenu';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { Logo } from '~/ui/Logo';
import { Progress } from '~/ui/Progress';
import { useFormat } from '~/ui/useFormat';
import css from './LessonPage.module.css';

/** Without a course: its data is not there (yet). */
type Props = {
  course?:
    | ({ course: Pick<Schemas['CourseCard'], 'id' | 'title' | 'language'> } & Partial<
        Pick<Schemas['LearnCourse'], 'percent' | 'lessons_done' | 'lessons'>
      >)
    | undefined;
};

export function LessonHeader({ course }: Props) {
  const { t } = useTranslation(['player', 'common']);
  const format = useFormat();
  return (
    <header className={css.header}>
      {course && (
        <Link
          to="/courses/$courseId"
          params={{ courseId: course.course.id }}
          className={`${css.iconButton} only-phone`}
          aria-label={t('lesson.toCourse')}
        >
          <IconArrowLeft size={22} stroke={1.75} className="flip" />
        </Link>
      )}
      <Link to="/" className={css.logo}>
        <Logo height={26} />
      </Link>
      {course && (
        <>
          <span className={`${css.line} only-wide`} />
          <Link
            to="/courses/$courseId"
            params={{ courseId: course.course.id }}
            className={`medium clip only-wide ${css.courseName}`}
          >
            <CourseTitle course={course.course} />
          </Link>
        </>
      )}
      {course?.percent !== undefined && (
        <span className={css.courseProgress} title={t('lesson.courseProgress')}>
          <Progress percent={course.percent} />
          <span className="small mut nb num only-wide">
            {t('lesson.ofLessons', {
              done: format.number(course.lessons_done ?? 0),
              all: format.number(course.lessons ?? 0),
            })}
          </span>
        </span>
      )}
      <span className={css.headerEnd}>
        <LanguageMenu className="only-wide" />
        <AccountMenu />
      </span>
    </header>
  );
}
