// One note: its moment, its text, changing and deleting it. Deleting can be undone at once.
import { Button } from '@mantine/core';
import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { intentKey } from '~/api/client';
import { keep, readKept } from '~/ui/kept';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { When } from '~/ui/When';
import { NoteField } from './NoteField';
import css from './Notes.module.css';
import { addNote, deleteNote, editNote, type LessonNote } from './notes';

type Props = {
  note: LessonNote;
  /** Leads to the moment in the player of this page. */
  goTo?: ((second: number) => void) | undefined;
  /** The same as a link, from another page. */
  link?: ReactNode;
};

export function NoteItem({ note, goTo, link }: Props) {
  const { t } = useTranslation(['notes', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const place = `ilm.noteEdit.${note.id}`;
  // A change that was not saved is opened again.
  const [text, setText] = useState<string | undefined>(() => readKept(place) || undefined);
  useEffect(
    () => keep(place, text === undefined || text === note.text ? '' : text),
    [place, text, note.text],
  );
  const save = useMutation({
    mutationFn: (words: string) => editNote(note, words),
    onSuccess: () => setText(undefined),
  });
  const remove = useMutation({
    mutationFn: () => deleteNote(note),
    onSuccess: () => {
      const key = intentKey();
      toast({
        text: t('deleted'),
        action: {
          label: t('common:undo'),
          run: () =>
            void addNote(note.lesson_id, note.text, note.at_s ?? undefined, key).catch((error) =>
              toast({ text: errorText(error) }),
            ),
        },
      });
    },
  });
  const submit = () => {
    if (text?.trim() && !save.isPending) save.mutate(text.trim());
  };
  return (
    <li className={css.note}>
      <div className={css.noteHead}>
        {note.at_s !== null &&
          (link ??
            (goTo ? (
              <button
                type="button"
                className={css.time}
                aria-label={t('goTo', { at: format.clock(note.at_s) })}
                onClick={() => goTo(note.at_s ?? 0)}
              >
                <bdi>{format.clock(note.at_s)}</bdi>
              </button>
            ) : (
              <bdi className={css.time}>{format.clock(note.at_s)}</bdi>
            )))}
        <span className="micro mut grow">
          <When at={note.updated_at} />
        </span>
        {text === undefined && (
          <>
            <button
              type="button"
              className={css.icon}
              aria-label={t('change')}
              title={t('change')}
              onClick={() => setText(note.text)}
            >
              <IconPencil size={18} stroke={1.75} aria-hidden />
            </button>
            <button
              type="button"
              className={css.icon}
              aria-label={t('delete')}
              title={t('delete')}
              onClick={() => remove.mutate()}
            >
              <IconTrash size={18} stroke={1.75} aria-hidden />
            </button>
          </>
        )}
      </div>
      {text === undefined ? (
        <p dir="auto" className={css.text}>
          {note.text}
        </p>
      ) : (
        <div className={css.form}>
          <NoteField label={t('change')} value={text} change={setText} submit={submit} focus />
          <div className={css.formRow}>
            <span className="grow" />
            <Button size="xs" variant="default" onClick={() => setText(undefined)}>
              {t('common:cancel')}
            </Button>
            <Button size="xs" loading={save.isPending} onClick={submit}>
              {t('common:save')}
            </Button>
          </div>
        </div>
      )}
      {(save.isError || remove.isError) && <Note tone="bad">{errorText(save.error ?? remove.error)}</Note>}
    </li>
  );
}
