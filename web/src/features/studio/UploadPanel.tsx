// All videos of a course that are on their way, and the place to drop more: a lesson is made for each file.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { intentKey } from '~/api/client';
import { isUnderWay, needsPage } from '~/features/video/uploads/list';
import { addUpload, useUploads } from '~/features/video/uploads/manager';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { Drop, videoTypes } from './Drop';
import { lessonName } from './names';
import { type Dropped, keepDropped, takeDropped, useDropped } from './notAdded';
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
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const uploads = useUploads().filter((item) => item.target.courseId === course.id);
  /** What no lesson could be made for yet, with the last reason. */
  const { files: failed, error } = useDropped(course.id);
  const [busy, setBusy] = useState(false);
  /** Which were on their way in this visit: they stay in the list when they are ready. */
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());

  const lessons = course.modules.flatMap((item) => item.lessons);
  const rows = lessons.flatMap((lesson) => {
    const item = uploads.find(({ target }) => target.kind === 'lesson' && target.lessonId === lesson.id);
    const open =
      (item !== undefined && (isUnderWay(item) || item.state === 'failed')) ||
      (lesson.video !== null && lesson.video.state !== 'ready');
    if (!open && !seen.has(lesson.id)) return [];
    return item || lesson.video ? [{ lesson, item, open }] : [];
  });
  const fresh = rows.filter((row) => row.open && !seen.has(row.lesson.id));
  if (fresh.length > 0) setSeen(new Set([...seen, ...fresh.map(({ lesson }) => lesson.id)]));
  const ready = rows.filter((row) => !row.open && row.lesson.video?.state === 'ready').length;

  const keep = (dropped: readonly Dropped[], cause: unknown) => keepDropped(course.id, dropped, cause);
  const take = async (dropped: readonly Dropped[]) => {
    setBusy(true);
    try {
      const place = module?.id ?? (await addModule(course.id, t('firstModule'))).id;
      for (const item of dropped) {
        const name = lessonName(item.file.name) || t('untitledLesson');
        // One that fails leaves the others their chance.
        await addLesson(course.id, place, name, 'video', item.key).then(
          (lesson) => addUpload(item.file, { kind: 'lesson', courseId: course.id, lessonId: lesson.id }),
          (cause) => keep([item], cause),
        );
      }
    } catch (cause) {
      keep(dropped, cause);
    }
    setBusy(false);
  };
  const again = () => void take(takeDropped(course.id));
  return (
    <section className={css.uploads} aria-label={t('uploads')}>
      <div className={css.uploadsHead}>
        <h2>{t('uploads')}</h2>
        {rows.length > 0 && (
          <span className="small mut">
            {t('readyOf', { ready: format.number(ready), all: format.number(rows.length) })}&nbsp;·{' '}
            {t(uploads.some(needsPage) ? 'keepTab' : 'mayLeave')}
          </span>
        )}
      </div>
      <Drop
        label={module ? t('dropVideos', { module: module.title }) : t('dropVideosFirst')}
        accept={videoTypes}
        multiple
        take={(files) => void take(files.map((file) => ({ file, key: intentKey() })))}
      />
      {failed.length > 0 && (
        <Note tone="bad">
          {errorText(error)} {t('notAdded')}
          <ul className={css.notAdded}>
            {failed.map(({ file, key }) => (
              <li key={key}>
                <bdi>{file.name}</bdi>
              </li>
            ))}
          </ul>
          <Button size="xs" variant="default" loading={busy} onClick={again}>
            {t('common:retry')}
          </Button>{' '}
          <Button size="xs" variant="subtle" onClick={() => takeDropped(course.id)}>
            {t('forget')}
          </Button>
        </Note>
      )}
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
