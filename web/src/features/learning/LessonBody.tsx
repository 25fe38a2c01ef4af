// What stands under the video: the text with the homework, and the files to download.
import { Button } from '@mantine/core';
import { IconDownload, IconEye, IconFile } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
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

/** What can be read here without being downloaded. */
type Shown = { kind: 'image'; url: string } | { kind: 'text'; text: string };

/** At most so many characters of a text are shown in the page. */
const MOST_TEXT = 200_000;

/** A file that its author does not give out: it is read in the page, or (a PDF) in a tab of the browser. */
function ReadOnly({ file }: { file: Schemas['LessonFile'] }) {
  const { t } = useTranslation('player');
  const errorText = useErrorText();
  const [shown, setShown] = useState<Shown | undefined>(undefined);
  const open = useMutation({
    mutationFn: async () => {
      const pdf = file.content_type === 'application/pdf';
      // While the click still counts: a window that opens later is blocked.
      const tab = pdf ? window.open('', '_blank') : null;
      try {
        const { url } = await body(api.GET('/learn/files/{id}', { params: { path: { id: file.id } } }));
        if (tab) {
          tab.opener = null;
          tab.location.href = url;
          return;
        }
        if (pdf) return location.assign(url);
        if (file.content_type.startsWith('image/')) return setShown({ kind: 'image', url });
        const answer = await fetch(url);
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        setShown({ kind: 'text', text: (await answer.text()).slice(0, MOST_TEXT) });
      } catch (error) {
        tab?.close();
        throw error;
      }
    },
  });
  return (
    <>
      <Button
        variant="default"
        size="xs"
        loading={open.isPending}
        leftSection={<IconEye size={18} stroke={1.75} aria-hidden />}
        {...(shown ? { 'aria-expanded': true } : {})}
        onClick={() => (shown ? setShown(undefined) : open.mutate())}
      >
        {t(shown ? 'lesson.hideFile' : 'lesson.openFile')}
        <span className="hidden"> {file.name}</span>
      </Button>
      {open.isError && <Note tone="bad">{errorText(open.error)}</Note>}
      {shown?.kind === 'image' && <img className={css.fileImage} src={shown.url} alt={file.name} />}
      {shown?.kind === 'text' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too.
        <pre className={css.fileText} dir="auto" tabIndex={0}>
          {shown.text}
        </pre>
      )}
    </>
  );
}

function File({ file }: { file: Schemas['LessonFile'] }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  if (file.downloadable) return <Download file={file} />;
  return (
    <li className={css.readOnly}>
      <IconFile size={20} stroke={1.75} className="mut" aria-hidden />
      <span className="grow">
        <span className={css.fileName}>
          <bdi>{file.name}</bdi>
        </span>
        <span className="meta mut">
          <bdi>{format.size(file.size)}</bdi> · {t('lesson.readHere')}
        </span>
      </span>
      <ReadOnly file={file} />
    </li>
  );
}

function Download({ file }: { file: Schemas['LessonFile'] }) {
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
        <span className={css.fileName}>
          <bdi>{file.name}</bdi>
        </span>
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
