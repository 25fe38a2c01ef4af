// The free trailer, or the free preview of a lesson: plays at one click, for strangers too. The player is loaded then.
import { Modal } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Cover } from './Cover';
import css from './Preview.module.css';
import type { CoursePage } from './queries';

const load = () => import('~/features/video/TrailerPlayer');
const TrailerPlayer = lazy(() => load().then((file) => ({ default: file.TrailerPlayer })));
const PreviewPlayer = lazy(() => load().then((file) => ({ default: file.PreviewPlayer })));

export function Trailer({ course }: { course: CoursePage }) {
  const cover = <Cover id={course.id} cover={course.cover} sizes="(max-width: 1024px) 100vw, 800px" eager />;
  if (!course.trailer) return cover;
  return (
    <div className={css.box}>
      <Suspense fallback={cover}>
        <TrailerPlayer
          courseId={course.id}
          title={course.title}
          duration={course.trailer.duration_s}
          poster={cover}
        />
      </Suspense>
    </div>
  );
}

export function LessonPreview({
  lesson,
  close,
}: {
  lesson: { id: string; title: string };
  close: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      radius="xl"
      title={<bdi>{lesson.title}</bdi>}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <div className={css.box}>
        <Suspense fallback={null}>
          <PreviewPlayer lessonId={lesson.id} title={lesson.title} />
        </Suspense>
      </div>
    </Modal>
  );
}
