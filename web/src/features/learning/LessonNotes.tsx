// The notes tab of a lesson: write at the moment that plays, go back to it, change, delete, take all of them along.
import { Button, Skeleton } from '@mantine/core';
import { IconClock, IconNotes, IconX } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { intentKey } from '~/api/client';
import { useSession } from '~/features/identity/session';
import { keep, readKept } from '~/ui/kept';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { NoteField } from './NoteField';
import { NoteItem } from './NoteItem';
import css from './Notes.module.css';
import { addNote, lessonNotesQuery, sorted } from './notes';

type Props = {
  courseId: string;
  lessonId: string;
  /** Where the video stands, if one plays. */
  second: (() => number) | undefined;
  goTo: ((second: number) => void) | undefined;
};

export function LessonNotes({ courseId, lessonId, second, goTo }: Props) {
  const { t } = useTranslation(['notes', 'common']);
  const { me } = useSession();
  const notes = useQuery(lessonNotesQuery(lessonId));
  return (
    <section className={css.notes} aria-label={t('title')}>
      {me && <NewNote user={me.id} lessonId={lessonId} second={second} key={`${me.id} ${lessonId}`} />}
      {notes.isError && !notes.data ? (
        <Failed error={notes.error} retry={() => void notes.refetch()} />
      ) : !notes.data ? (
        <div aria-busy="true">
          <span className="hidden" role="status">
            {t('common:loading')}
          </span>
          <Skeleton height={56} mb={8} />
          <Skeleton height={56} />
        </div>
      ) : notes.data.items.length === 0 ? (
        <State icon={<IconNotes size={28} stroke={1.5} />} title={t('empty')}>
          {t('emptyText')}
        </State>
      ) : (
        <ul className={css.list}>
          {sorted(notes.data.items).map((note) => (
            <NoteItem key={note.id} note={note} goTo={goTo} />
          ))}
        </ul>
      )}
      <div>
        <LinkButton variant="default" size="xs" to="/learn/$courseId/notes" params={{ courseId }}>
          {t('ofCourse')}
        </LinkButton>
      </div>
    </section>
  );
}

type Draft = { text: string; at?: number };

/** What was typed here and not saved; a draft that cannot be read is none. */
function readDraft(key: string): Draft {
  try {
    const kept = JSON.parse(readKept(key) || '{}') as Partial<Draft>;
    return {
      text: typeof kept.text === 'string' ? kept.text : '',
      ...(typeof kept.at === 'number' ? { at: kept.at } : {}),
    };
  } catch {
    return { text: '' };
  }
}

function NewNote({ user, lessonId, second }: { user: string; lessonId: string; second: Props['second'] }) {
  const { t } = useTranslation('notes');
  const format = useFormat();
  const errorText = useErrorText();
  const place = `ilm.note.${user}.${lessonId}`;
  const [draft, setDraft] = useState(() => readDraft(place));
  /** One intent, however often it is tried. */
  const key = useRef(intentKey());
  const { text, at } = draft;
  useEffect(() => keep(place, text.trim() ? JSON.stringify({ text, at }) : ''), [place, text, at]);
  const add = useMutation({
    mutationFn: (what: Draft) => addNote(lessonId, what.text.trim(), what.at, key.current),
    onSuccess: () => {
      key.current = intentKey();
      setDraft({ text: '' });
    },
  });
  const moment = () => Math.floor(second?.() ?? 0);
  const change = (next: string) => {
    // The moment is the one at which the first word came, not the one at which the note was finished.
    const begins = text === '' && next !== '' && second !== undefined && at === undefined;
    setDraft({ ...draft, text: next, ...(begins ? { at: moment() } : {}) });
  };
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() && !add.isPending) add.mutate(draft);
      }}
    >
      <NoteField
        label={t('new')}
        value={text}
        change={change}
        submit={() => text.trim() && !add.isPending && add.mutate(draft)}
      />
      <div className={css.formRow}>
        {at !== undefined ? (
          <span className={css.moment}>
            <IconClock size={14} stroke={1.75} aria-hidden />
            <bdi>{format.clock(at)}</bdi>
            <button type="button" aria-label={t('unlink')} onClick={() => setDraft({ text })}>
              <IconX size={14} stroke={1.75} aria-hidden />
            </button>
          </span>
        ) : (
          second && (
            <Button
              variant="subtle"
              size="xs"
              leftSection={<IconClock size={16} stroke={1.75} aria-hidden />}
              onClick={() => setDraft({ text, at: moment() })}
            >
              {t('atMoment')}
            </Button>
          )
        )}
        <span className="grow" />
        <Button type="submit" size="xs" loading={add.isPending}>
          {t('save')}
        </Button>
      </div>
      {add.isError && <Note tone="bad">{errorText(add.error)}</Note>}
    </form>
  );
}
