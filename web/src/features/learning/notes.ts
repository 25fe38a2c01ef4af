// A learner's own notes: of one lesson, and of a whole course.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, apiBase, authedFetch, body, type Schemas } from '~/api/client';
import { problemOf } from '~/api/error';
import { queryClient } from '~/app/queries';

export type LessonNote = Schemas['Note'];
export type CourseNote = Schemas['CourseNote'];

/** The server takes this many characters. */
export const MOST = 10_000;

export const lessonNotesQuery = (lesson: string) =>
  queryOptions({
    queryKey: ['learn', 'notes', lesson],
    queryFn: () => body(api.GET('/learn/lessons/{id}/notes', { params: { path: { id: lesson } } })),
  });

export const courseNotesQuery = (course: string) =>
  infiniteQueryOptions({
    queryKey: ['learn', 'courseNotes', course],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/learn/courses/{id}/notes', {
          params: { path: { id: course }, query: pageParam ? { cursor: pageParam } : {} },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });

/** By moment; those on the whole lesson first, and of one moment the older first. */
export const sorted = <T extends Pick<LessonNote, 'at_s' | 'created_at'>>(notes: readonly T[]): T[] =>
  [...notes].sort(
    (a, b) => (a.at_s ?? -1) - (b.at_s ?? -1) || Date.parse(a.created_at) - Date.parse(b.created_at),
  );

function show(lesson: string, edit: (notes: LessonNote[]) => LessonNote[]): void {
  queryClient.setQueryData(lessonNotesQuery(lesson).queryKey, (old) =>
    old ? { ...old, items: edit(old.items) } : old,
  );
  void queryClient.invalidateQueries({ queryKey: ['learn', 'courseNotes'] });
}

/** `key` is of the intent, so that a retry makes no second note. */
export async function addNote(lesson: string, text: string, at: number | undefined, key: string) {
  const note = await body(
    api.POST('/learn/lessons/{id}/notes', {
      params: { path: { id: lesson }, header: { 'Idempotency-Key': key } },
      body: { text, ...(at === undefined ? {} : { at_s: at }) },
    }),
  );
  show(lesson, (notes) => [...notes.filter(({ id }) => id !== note.id), note]);
  return note;
}

export async function editNote(note: LessonNote, text: string): Promise<void> {
  const fresh = await body(
    api.PATCH('/learn/notes/{id}', { params: { path: { id: note.id } }, body: { text } }),
  );
  show(note.lesson_id, (notes) => notes.map((old) => (old.id === note.id ? fresh : old)));
}

export async function deleteNote(note: LessonNote): Promise<void> {
  await api.DELETE('/learn/notes/{id}', { params: { path: { id: note.id } } });
  show(note.lesson_id, (notes) => notes.filter(({ id }) => id !== note.id));
}

/** Saves all notes of a course as a Markdown file. */
export async function exportNotes(course: string): Promise<void> {
  const answer = await authedFetch(`${apiBase}/learn/courses/${course}/notes.md`);
  if (!answer.ok) throw await problemOf(answer);
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = 'notes.md';
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
