// An answer in files: by the resumable upload, with a few words beside them. What has arrived is kept for this task in the
// browser, so that a closed page loses nothing.
import { Textarea } from '@mantine/core';
import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { Drop } from '~/features/studio/Drop';
import { FileLine, FileUpload } from '~/features/video/uploads/FileLine';
import { addUpload, forgetUploads, openUploads, useUploads } from '~/features/video/uploads/manager';
import { asTyped } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import css from './Answer.module.css';
import type { Body, FileAnswer, FileBody, TaskKind } from './contract';
import { type Kept, keepFiles, MIB, readFiles, refusalOf } from './files';

type Props = {
  task: { id: string; courseId: string; kind: TaskKind; body: Body };
  body: FileBody;
  answer: FileAnswer;
  change: (answer: FileAnswer) => void;
  left?: () => void;
  error?: string | undefined;
};

export function FileField({ task, body, answer, change, left, error }: Props) {
  // The words of its rows come with the field, so that a dropped file does not wait for them.
  const { t } = useTranslation(['tasks', 'uploads']);
  const format = useFormat();
  const { me } = useSession();
  const user = me?.id;
  const words = useId();
  const [refused, setRefused] = useState<string | undefined>(undefined);
  const [kept, setKept] = useState<Kept[]>(() => readFiles(task.id));
  useEffect(() => {
    if (user) void openUploads(user);
  }, [user]);
  const uploads = useUploads().filter(({ target }) => target.kind === 'answer' && target.taskId === task.id);
  const done = uploads.filter(({ state }) => state === 'done');
  const open = uploads.filter(({ state }) => state !== 'done');
  const tell = useRef(change);
  tell.current = change;

  const set = (next: Kept[]) => {
    setKept(next);
    keepFiles(task.id, next);
    tell.current({ ...answer, files: next.map(({ id }) => id) });
  };
  // What has arrived becomes part of the answer.
  const arrived = done.flatMap(({ uploadId: id, name, size }) => (id ? [{ id, name, size }] : []));
  const fresh = arrived.filter(({ id }) => !kept.some((file) => file.id === id));
  useEffect(() => {
    if (done.length === 0) return;
    if (fresh.length > 0) set([...kept, ...fresh]);
    forgetUploads(done.map(({ key }) => key));
  });
  // What was handed in or thrown away elsewhere is not offered again.
  const known = kept.map(({ id }) => id).join();
  const told = answer.files.join();
  useEffect(() => {
    if (told === '' && known !== '') {
      const stored = readFiles(task.id);
      if (stored.length === 0) setKept([]);
      else tell.current({ ...answer, files: stored.map(({ id }) => id) });
    }
  }, [told, known, task.id, answer]);

  const room = body.max_files - kept.length - open.length;
  const take = (files: File[]) => {
    setRefused(undefined);
    for (const [index, file] of files.entries()) {
      const why = index >= room ? ('many' as const) : refusalOf(file, body);
      if (!why) {
        addUpload(file, { kind: 'answer', courseId: task.courseId, taskId: task.id });
        continue;
      }
      setRefused(
        why === 'many'
          ? t('file.many', { count: body.max_files, value: format.number(body.max_files) })
          : why === 'big'
            ? t('file.big', { name: file.name, size: format.size(body.max_mb * MIB) })
            : t('file.type', { name: file.name, types: body.types.join(', ') }),
      );
    }
  };
  const types = body.types.length > 0 ? ` · ${body.types.join(', ')}` : '';
  return (
    <div className={css.fileField}>
      {(kept.length > 0 || open.length > 0) && (
        <ul aria-label={t('file.list')}>
          {kept.map((file) => (
            <FileLine
              key={file.id}
              name={file.name}
              size={file.size}
              remove={() => set(kept.filter(({ id }) => id !== file.id))}
            />
          ))}
          {open.map((item) => (
            <FileUpload key={item.key} item={item} />
          ))}
        </ul>
      )}
      {room > 0 && (
        <Drop
          label={t('file.drop', { count: body.max_files })}
          accept={body.types.map(asAccepted).join(',')}
          multiple={body.max_files > 1}
          note={`${t('file.limit', {
            count: body.max_files,
            value: format.number(body.max_files),
            size: format.size(body.max_mb * MIB),
          })}${types}`}
          take={take}
        />
      )}
      {(refused ?? error) && (
        <p className={css.fault} role="alert">
          {refused ?? error}
        </p>
      )}
      <Textarea
        id={words}
        label={t('file.words')}
        autosize
        minRows={2}
        maxLength={4000}
        {...asTyped(answer.text)}
        value={answer.text ?? ''}
        onChange={(event) => change({ ...answer, text: event.currentTarget.value })}
        onBlur={left}
      />
    </div>
  );
}

/** Endings as the picker of the browser takes them. */
const asAccepted = (type: string): string => (/[./]/.test(type) ? type : `.${type}`);
