// The video of a lesson, or the trailer of a course: how far it is, or the place to drop one.
import { Skeleton } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { sameTarget, type Target } from '~/features/video/uploads/list';
import { addUpload, useUploads } from '~/features/video/uploads/manager';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import css from './Builder.module.css';
import { Drop, videoTypes } from './Drop';
import { refreshCourse, type StudioCourse, type StudioLesson } from './queries';
import { UploadRow } from './UploadRow';

const VideoDetails = lazy(() => import('./VideoDetails').then((file) => ({ default: file.VideoDetails })));

type Props = {
  course: StudioCourse;
  /** Whose video it is; without one, the trailer of the course. */
  lesson?: StudioLesson;
};

export function VideoPart({ course, lesson }: Props) {
  const { t } = useTranslation('studio');
  const errorText = useErrorText();
  const video = lesson ? lesson.video : course.trailer;
  const target: Target = lesson
    ? { kind: 'lesson', courseId: course.id, lessonId: lesson.id }
    : { kind: 'trailer', courseId: course.id };
  const upload = useUploads().find((item) => sameTarget(item.target, target) && item.state !== 'done');
  const remove = useMutation({
    mutationFn: async () => {
      if (lesson) await api.DELETE('/studio/lessons/{id}/video', { params: { path: { id: lesson.id } } });
      else await api.DELETE('/studio/courses/{id}/trailer', { params: { path: { id: course.id } } });
    },
    onSuccess: () => refreshCourse(course.id),
  });
  return (
    <div className={css.field} id={lesson ? 'field-video' : 'field-trailer'}>
      <span className={css.label}>{lesson ? t('video') : t('trailer')}</span>
      {!lesson && <span className="meta mut">{t('trailerHelp')}</span>}
      {upload || video ? (
        <UploadRow
          title={lesson?.title ?? t('trailer')}
          item={upload}
          video={video}
          target={target}
          remove={video ? () => remove.mutate() : undefined}
        />
      ) : (
        <Drop
          label={t('dropVideo')}
          accept={videoTypes}
          multiple={false}
          take={([file]) => file && addUpload(file, target)}
        />
      )}
      {video?.state === 'ready' && !upload && (
        <Suspense fallback={<Skeleton height={200} radius="md" />}>
          <VideoDetails courseId={course.id} lessonId={lesson?.id} video={video} key={video.id} />
        </Suspense>
      )}
      {remove.isError && <Note tone="bad">{errorText(remove.error)}</Note>}
    </div>
  );
}
