// A lesson for somebody who has not joined the course: the free preview plays, anything else says how to get in.
import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { Cover } from '~/features/courses/Cover';
import { type CoursePage, courseQuery } from '~/features/courses/queries';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { LessonHeader } from './LessonHeader';
import css from './LessonPage.module.css';
import { LessonSkeleton } from './LessonRoom';
import { Programme, type RailModule, useFolds } from './Programme';

const Player = lazy(() => import('~/features/video/Player').then((file) => ({ default: file.Player })));

export function StrangerLesson({ courseId, lessonId }: { courseId: string; lessonId: string }) {
  const { t } = useTranslation('player');
  const course = useQuery(courseQuery(courseId));
  const found = course.data?.programme
    .flatMap((module) => module.lessons)
    .find((lesson) => lesson.id === lessonId);
  useTitle(found?.title);
  if (course.isError && !course.data) {
    return (
      <>
        <LessonHeader />
        <Failed page error={course.error} retry={() => void course.refetch()} />
      </>
    );
  }
  if (!course.data) return <LessonSkeleton />;
  if (!found?.free_preview || found.kind !== 'video') {
    return (
      <>
        <LessonHeader course={{ course: course.data }} />
        <State
          page
          icon={<IconLock size={28} stroke={1.5} />}
          title={course.data.price ? t('lesson.notYoursPaid') : t('lesson.notYours')}
          action={
            <LinkButton to="/courses/$courseId" params={{ courseId }}>
              {t('lesson.toCourse')}
            </LinkButton>
          }
        >
          {t('lesson.notYoursText')}
        </State>
      </>
    );
  }
  return <Preview course={course.data} lesson={found} />;
}

type Lesson = CoursePage['programme'][number]['lessons'][number];

function Preview({ course, lesson }: { course: CoursePage; lesson: Lesson }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const grant = useCallback(
    () => body(api.POST('/lessons/{id}/play', { params: { path: { id: lesson.id } } })),
    [lesson.id],
  );
  const folds = useFolds(course.programme, lesson.id);
  const module = course.programme.findIndex((item) => item.lessons.some(({ id }) => id === lesson.id));
  const number = course.programme.flatMap((item) => item.lessons).findIndex(({ id }) => id === lesson.id);
  return (
    <>
      <LessonHeader course={{ course }} />
      <div className={`${css.layout} ${css.withRail}`}>
        <div className={css.video}>
          <Suspense fallback={<div className={css.stage} />}>
            <Player
              title={lesson.title}
              grant={grant}
              duration={lesson.duration_s}
              poster={course.cover && <Cover id={course.id} cover={course.cover} sizes="100vw" />}
              pageKeys
            />
          </Suspense>
        </div>
        <div className={css.info}>
          <div className={css.head}>
            <div className="grow">
              <p className="small mut">
                {t('lesson.moduleLesson', {
                  module: format.number(module + 1),
                  lesson: format.number(number + 1),
                })}
              </p>
              <h1 className={`work ${css.title}`}>
                <bdi>{lesson.title}</bdi>
              </h1>
            </div>
            <div className={css.around}>
              <LinkButton to="/courses/$courseId" params={{ courseId: course.id }}>
                {t('lesson.toCourse')}
              </LinkButton>
            </div>
          </div>
        </div>
        <div className={css.body}>
          <Note>{t('lesson.previewText')}</Note>
        </div>
        <aside className={`${css.rail} ${css.strangerRail}`} aria-label={t('lesson.programme')}>
          <div className={css.railTop}>
            <div className={css.railHead}>
              <h2 className={css.railTitle}>{t('lesson.programme')}</h2>
            </div>
            <Programme course={course.id} modules={railModules(course)} now={lesson.id} folds={folds} />
          </div>
        </aside>
      </div>
    </>
  );
}

const railModules = (course: CoursePage): RailModule[] =>
  course.programme.map((module) => ({
    ...module,
    lessons: module.lessons.map((lesson) => ({
      ...lesson,
      mark: 'todo' as const,
      percent: 0,
      open: lesson.free_preview,
      reason: lesson.free_preview ? undefined : course.price ? 'lockedBuy' : 'lockedEnroll',
    })),
  }));
