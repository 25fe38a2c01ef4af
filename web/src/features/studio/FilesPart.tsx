// Files to download beside a lesson.
import { Switch } from '@mantine/core';
import { IconFile, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { mayRetry, type UploadItem } from '~/features/video/uploads/list';
import {
  addUpload,
  cancelUpload,
  continueUpload,
  resumeUpload,
  useUploads,
} from '~/features/video/uploads/manager';
import { Note } from '~/ui/Note';
import { Progress } from '~/ui/Progress';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { Drop } from './Drop';
import { refreshCourse, type StudioCourse, type StudioLesson } from './queries';

type FileOf = StudioLesson['files'][number];

export function FilesPart({ course, lesson }: { course: StudioCourse; lesson: StudioLesson }) {
  const { t } = useTranslation(['studio', 'common']);
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
      <ul className={css.files}>
        {lesson.files.map((file) => (
          <li key={file.id}>
            <IconFile size={20} stroke={1.75} className="mut" aria-hidden />
            <span className="grow clip">
              <bdi>{file.name}</bdi>
            </span>
            <span className="small mut nb">
              <bdi>{format.size(file.size)}</bdi>
            </span>
            <Switch
              size="xs"
              label={t('downloadable')}
              aria-label={t('downloadableFile', { name: file.name })}
              checked={mayLoad(file)}
              onChange={(event) => allow.mutate({ id: file.id, downloadable: event.currentTarget.checked })}
            />
            <button
              type="button"
              className={css.icon}
              aria-label={t('removeFile', { name: file.name })}
              onClick={() => remove.mutate(file.id)}
            >
              <IconX size={18} stroke={1.75} />
            </button>
          </li>
        ))}
        {uploads.map((item) => (
          <Uploading key={item.key} item={item} />
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

function Uploading({ item }: { item: UploadItem }) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const picker = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState(false);
  const picked = (file: File | undefined) => {
    if (!file || !item.uploadId) return;
    setWrong(!resumeUpload({ ...item, uploadId: item.uploadId }, file));
  };
  return (
    <li>
      <IconFile size={20} stroke={1.75} className="mut" aria-hidden />
      <span className="grow">
        <bdi className="clip">{item.name}</bdi>
        {item.state === 'failed' ? (
          <Note tone="bad">
            {errorText(item.error)}{' '}
            {mayRetry(item.error) && (
              <button type="button" className="link" onClick={() => continueUpload(item.key)}>
                {t('common:retry')}
              </button>
            )}
          </Note>
        ) : item.state === 'offline' ? (
          <span className="small mut">
            {item.error ? errorText(item.error) : t('upload.offline')}{' '}
            <button type="button" className="link" onClick={() => continueUpload(item.key)}>
              {t('common:retry')}
            </button>
          </span>
        ) : item.state === 'file' ? (
          <span className="small mut">
            {wrong ? (
              <span role="alert">
                {t('upload.otherAttachment', { name: item.name, size: format.size(item.size) })}
              </span>
            ) : (
              t('upload.interrupted')
            )}{' '}
            <button type="button" className="link" onClick={() => picker.current?.click()}>
              {t('upload.chooseAgain')}
            </button>
            <input
              ref={picker}
              type="file"
              hidden
              aria-label={t('upload.chooseAgain')}
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                event.currentTarget.value = '';
                picked(file);
              }}
            />
          </span>
        ) : (
          <Progress percent={(item.sent / Math.max(1, item.size)) * 100} />
        )}
      </span>
      <button
        type="button"
        className={css.icon}
        aria-label={t('removeFile', { name: item.name })}
        onClick={() => void cancelUpload(item.key)}
      >
        <IconX size={18} stroke={1.75} />
      </button>
    </li>
  );
}
