// What stands under the video: the text with the homework, and the files to download.
import { Button } from '@mantine/core';
import { IconDownload, IconFile } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, body, type Schemas } from '~/api/client';
import { Note } from '~/ui/Note';
import { RichText } from '~/ui/RichText';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './LessonPage.module.css';

type Lesson = Pick<Schemas['LessonPage'], 'body' | 'homework' | 'files'>;

export function LessonText({ lesson }: { lesson: Lesson }) {
  const { t } = useTranslation('player');
  if (!lesson.body && !lesson.homework) return <p className="mut">{t('lesson.noText')}</p>;
  return (
    <div className={css.text}>
      {lesson.body && <RichText doc={lesson.body} />}
      {lesson.homework && (
        <section className={css.homework}>
          <h2>{t('lesson.homework')}</h2>
          <p dir="auto" className={css.plain}>
            {lesson.homework}
          </p>
        </section>
      )}
    </div>
  );
}

export function LessonFiles({ lesson }: { lesson: Lesson }) {
  const { t } = useTranslation('player');
  if (lesson.files.length === 0) return <p className="mut">{t('lesson.noFiles')}</p>;
  return (
    <ul className={css.files}>
      {lesson.files.map((file) => (
        <File key={file.id} file={file} />
      ))}
    </ul>
  );
}

function File({ file }: { file: Schemas['LessonFile'] }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const errorText = useErrorText();
  const load = useMutation({
    mutationFn: () => body(api.GET('/learn/files/{id}', { params: { path: { id: file.id } } })),
    onSuccess: ({ url }) => {
      const link = document.createElement('a');
      link.href = url;
      link.download = file.name;
      link.rel = 'noopener';
      document.body.append(link);
      link.click();
      link.remove();
    },
  });
  return (
    <li>
      <IconFile size={20} stroke={1.75} className="mut" aria-hidden />
      <span className="grow">
        <bdi className={css.fileName}>{file.name}</bdi>
        <span className="meta mut">
          <bdi>{format.size(file.size)}</bdi>
        </span>
        {file.active_content && <Note>{t('lesson.activeContent')}</Note>}
        {load.isError && <Note tone="bad">{errorText(load.error)}</Note>}
      </span>
      <Button
        variant="default"
        size="xs"
        loading={load.isPending}
        leftSection={<IconDownload size={18} stroke={1.75} aria-hidden />}
        onClick={() => load.mutate()}
      >
        {t('lesson.download')}
        <span className="hidden"> {file.name}</span>
      </Button>
    </li>
  );
}
