// All videos of a course that are on their way, and the place to drop more: a lesson is made for each file.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isUnderWay } from '~/features/video/uploads/list';
import { addUpload, useUploads } from '~/features/video/uploads/manager';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { Drop, videoTypes } from './Drop';
import { lessonName } from './names';
import { addLesson, addModule } from './programme';
import type { StudioCourse, StudioModule } from './queries';
import { UploadRow } from './UploadRow';

type Props = {
  course: StudioCourse;
  module: StudioModule | undefined;
  /** The lesson that is open above: its video is shown there. */
  open: string | undefined;
};

export function UploadPanel({ course, module, open }: Props) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const errorText = useErrorText();
  const uploads = useUploads().filter((item) => item.target.courseId === course.id);
  const [error, setError] = useState<unknown>(undefined);
  /** Which were on their way in this visit: they stay in the list when they are ready. */
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());

  const lessons = course.modules.flatMap((item) => item.lessons);
  const rows = lessons.flatMap((lesson) => {
    const item = uploads.find(({ target }) => target.kind === 'lesson' && target.lessonId === lesson.id);
    const busy =
      (item !== undefined && (isUnderWay(item) || item.state === 'failed')) ||
      (lesson.video !== null && lesson.video.state !== 'ready');
    if (!busy && !seen.has(lesson.id)) return [];
    return item || lesson.video ? [{ lesson, item, busy }] : [];
  });
  const fresh = rows.filter(({ lesson, busy }) => busy && !seen.has(lesson.id));
  if (fresh.length > 0) setSeen(new Set([...seen, ...fresh.map(({ lesson }) => lesson.id)]));
  const ready = rows.filter(({ lesson, busy }) => !busy && lesson.video?.state === 'ready').length;

  const take = async (files: File[]) => {
    setError(undefined);
    try {
      const place = module?.id ?? (await addModule(course.id, t('firstModule'))).id;
      for (const file of files) {
        const lesson = await addLesson(
          course.id,
          place,
          lessonName(file.name) || t('untitledLesson'),
          'video',
        );
        addUpload(file, { kind: 'lesson', courseId: course.id, lessonId: lesson.id });
      }
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <section className={css.uploads} aria-label={t('uploads')}>
      <div className={css.uploadsHead}>
        <h2>{t('uploads')}</h2>
        {rows.length > 0 && (
          <span className="small mut">
            {t('readyOf', { ready: format.number(ready), all: format.number(rows.length) })}&nbsp;·{' '}
            {t('mayLeave')}
          </span>
        )}
      </div>
      <Drop
        label={module ? t('dropVideos', { module: module.title }) : t('dropVideosFirst')}
        accept={videoTypes}
        multiple
        take={(files) => void take(files)}
      />
      {error !== undefined && <Note tone="bad">{errorText(error)}</Note>}
      {rows
        .filter(({ lesson }) => lesson.id !== open)
        .map(({ lesson, item }) => (
          <UploadRow
            key={lesson.id}
            title={lesson.title}
            item={item && item.state !== 'done' ? item : undefined}
            video={lesson.video}
            target={{ kind: 'lesson', courseId: course.id, lessonId: lesson.id }}
          />
        ))}
    </section>
  );
}
