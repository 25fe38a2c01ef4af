// `/learn/<course>/notes`: all notes of a course by lesson, and all of them as one Markdown file.
import { Button, Skeleton } from '@mantine/core';
import { IconDownload, IconNotes } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { useSession } from '~/features/identity/session';
import { LinkButton } from '~/ui/LinkButton';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, SignInFirst, State } from '~/ui/State';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { NoteItem } from './NoteItem';
import css from './Notes.module.css';
import { type CourseNote, courseNotesQuery, exportNotes } from './notes';
import { learnCourseQuery } from './queries';

const route = getRouteApi('/learn/$courseId/notes');

export function CourseNotesPage() {
  const { t } = useTranslation(['notes', 'common']);
  const { courseId } = route.useParams();
  const { state } = useSession();
  const errorText = useErrorText();
  const course = useQuery({ ...learnCourseQuery(courseId), enabled: state === 'user' });
  const notes = useInfiniteQuery({ ...courseNotesQuery(courseId), enabled: state === 'user' });
  const save = useMutation({ mutationFn: () => exportNotes(courseId) });
  useTitle(t('title'));
  if (state === 'guest') return <SignInFirst page />;
  const all = notes.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className={`page ${css.page}`}>
      <div className={css.pageHead}>
        <div>
          <p className="small mut">
            <Link to="/learn/$courseId" params={{ courseId }}>
              {course.data ? <CourseTitle course={course.data.course} /> : t('toCourse')}
            </Link>
          </p>
          <h1 className="work">{t('title')}</h1>
        </div>
        {all.length > 0 && (
          <Button
            variant="default"
            loading={save.isPending}
            leftSection={<IconDownload size={18} stroke={1.75} aria-hidden />}
            onClick={() => save.mutate()}
          >
            {t('export')}
          </Button>
        )}
      </div>
      {save.isError && <Note tone="bad">{errorText(save.error)}</Note>}
      {notes.isError && !notes.data ? (
        <Failed error={notes.error} retry={() => void notes.refetch()} />
      ) : (
        <Waiting pending={notes.isPending} skeleton={<Skeleton height={240} />} label={t('loading')}>
          {all.length === 0 ? (
            <State
              icon={<IconNotes size={28} stroke={1.5} />}
              title={t('empty')}
              action={
                <LinkButton to="/learn/$courseId" params={{ courseId }}>
                  {t('toCourse')}
                </LinkButton>
              }
            >
              {t('emptyText')}
            </State>
          ) : (
            groups(all).map((group) => (
              <section key={group.id}>
                <h2 className={css.lesson}>
                  {group.title === null ? (
                    t('goneLesson')
                  ) : (
                    <Link to="/learn/$courseId/$lessonId" params={{ courseId, lessonId: group.id }}>
                      <bdi>{group.title}</bdi>
                    </Link>
                  )}
                </h2>
                <ul className={css.list}>
                  {group.notes.map((note) => (
                    <NoteItem
                      key={note.id}
                      note={note}
                      {...(group.title === null
                        ? {}
                        : { link: <Moment course={courseId} lesson={group.id} at={note.at_s ?? 0} /> })}
                    />
                  ))}
                </ul>
              </section>
            ))
          )}
        </Waiting>
      )}
      <More of={notes} />
      {notes.isFetchNextPageError && <Note tone="bad">{errorText(notes.error)}</Note>}
    </div>
  );
}

function Moment({ course, lesson, at }: { course: string; lesson: string; at: number }) {
  const { t } = useTranslation('notes');
  const format = useFormat();
  return (
    <Link
      className={css.time ?? ''}
      to="/learn/$courseId/$lessonId"
      params={{ courseId: course, lessonId: lesson }}
      search={{ at: Math.floor(at) }}
      aria-label={t('goTo', { at: format.clock(at) })}
    >
      <bdi>{format.clock(at)}</bdi>
    </Link>
  );
}

/** Notes that follow each other in one lesson, as the server has ordered them. */
function groups(notes: readonly CourseNote[]): { id: string; title: string | null; notes: CourseNote[] }[] {
  const found: { id: string; title: string | null; notes: CourseNote[] }[] = [];
  for (const note of notes) {
    const group = found.find(({ id }) => id === note.lesson_id);
    if (group) group.notes.push(note);
    else found.push({ id: note.lesson_id, title: note.lesson_title, notes: [note] });
  }
  return found;
}
