// Files to download beside a lesson.
import { Switch } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { FileLine, FileUpload } from '~/features/video/uploads/FileLine';
import { addUpload, useUploads } from '~/features/video/uploads/manager';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { Drop } from './Drop';
import { refreshCourse, type StudioCourse, type StudioLesson } from './queries';

type FileOf = StudioLesson['files'][number];

export function FilesPart({ course, lesson }: { course: StudioCourse; lesson: StudioLesson }) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const errorText = useErrorText();
  const uploads = useUploads().filter(
    ({ target, state }) => target.kind === 'file' && target.lessonId === lesson.id && state !== 'done',
  );
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE('/studio/files/{id}', { params: { path: { id } } }),
    onSuccess: () => refreshCourse(course.id),
  });
  const allow = useMutation({
    mutationFn: ({ id, downloadable }: { id: string; downloadable: boolean }) =>
      api.PATCH('/studio/files/{id}', { params: { path: { id } }, body: { downloadable } }),
    onSuccess: () => refreshCourse(course.id),
  });
  /** What is shown while the answer is on its way. */
  const mayLoad = (file: FileOf) =>
    allow.isPending && allow.variables.id === file.id ? allow.variables.downloadable : file.downloadable;
  return (
    <div className={css.field}>
      <span className={css.label}>{t('files')}</span>
      <ul>
        {lesson.files.map((file) => (
          <FileLine key={file.id} name={file.name} size={file.size} remove={() => remove.mutate(file.id)}>
            <Switch
              size="xs"
              label={t('downloadable')}
              aria-label={t('downloadableFile', { name: file.name })}
              checked={mayLoad(file)}
              onChange={(event) => allow.mutate({ id: file.id, downloadable: event.currentTarget.checked })}
            />
          </FileLine>
        ))}
        {uploads.map((item) => (
          <FileUpload key={item.key} item={item} />
        ))}
      </ul>
      {lesson.files.some((file) => !mayLoad(file)) && (
        <div className={css.fileNote}>
          <Note>{t('notDownloadable')}</Note>
        </div>
      )}
      {allow.isError && <Note tone="bad">{errorText(allow.error)}</Note>}
      {remove.isError && <Note tone="bad">{errorText(remove.error)}</Note>}
      <Drop
        label={t('dropFiles')}
        accept=""
        multiple
        note={t('upTo', { size: format.size(100_000_000) })}
        take={(files) => {
          for (const file of files)
            addUpload(file, { kind: 'file', courseId: course.id, lessonId: lesson.id });
        }}
      />
    </div>
  );
}
