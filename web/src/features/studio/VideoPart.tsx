// The video of a lesson: how far it is, or the place to drop one.
import { Skeleton } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { addUpload, useUploads } from '~/features/video/uploads/manager';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import css from './Builder.module.css';
import { Drop, videoTypes } from './Drop';
import { refreshCourse, type StudioCourse, type StudioLesson } from './queries';
import { UploadRow } from './UploadRow';

const VideoDetails = lazy(() => import('./VideoDetails').then((file) => ({ default: file.VideoDetails })));

export function VideoPart({ course, lesson }: { course: StudioCourse; lesson: StudioLesson }) {
  const { t } = useTranslation('studio');
  const errorText = useErrorText();
  const upload = useUploads().find(
    (item) => item.target.kind === 'lesson' && item.target.lessonId === lesson.id && item.state !== 'done',
  );
  const target = { kind: 'lesson', courseId: course.id, lessonId: lesson.id } as const;
  const remove = useMutation({
    mutationFn: () => api.DELETE('/studio/lessons/{id}/video', { params: { path: { id: lesson.id } } }),
    onSuccess: () => refreshCourse(course.id),
  });
  return (
    <div className={css.field} id="field-video">
      <span className={css.label}>{t('video')}</span>
      {upload || lesson.video ? (
        <UploadRow
          title={lesson.title}
          item={upload}
          video={lesson.video}
          target={target}
          remove={lesson.video ? () => remove.mutate() : undefined}
        />
      ) : (
        <Drop
          label={t('dropVideo')}
          accept={videoTypes}
          multiple={false}
          take={([file]) => file && addUpload(file, target)}
        />
      )}
      {lesson.video && !upload && lesson.video.state === 'ready' && (
        <Suspense fallback={<Skeleton height={200} radius="md" />}>
          <VideoDetails
            courseId={course.id}
            lessonId={lesson.id}
            video={lesson.video}
            key={lesson.video.id}
          />
        </Suspense>
      )}
      {remove.isError && <Note tone="bad">{errorText(remove.error)}</Note>}
    </div>
  );
}
