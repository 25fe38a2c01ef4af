// What the pages of tasks ask of the server, and what they show of an answer before they ask again.
import { queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { api, body, type Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';
import type { Answer, Submitted, Task } from './contract';

const json = (value: unknown) => ({ body: JSON.stringify(value), type: 'application/json' });

export const topicQuery = (id: string) =>
  queryOptions({
    queryKey: ['learn', 'topic', id],
    queryFn: () => body(api.GET('/learn/topics/{id}', { params: { path: { id } } })),
  });

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ['learn', 'task', id],
    queryFn: () => body(api.GET('/learn/tasks/{id}', { params: { path: { id } } })),
  });

export const taskRoomQuery = (id: string) =>
  queryOptions({
    queryKey: ['learn', 'task', id, 'room'],
    queryFn: () => body(api.GET('/tasks/{id}/room', { params: { path: { id } } })),
  });

export const solutionQuery = (id: string, attempts: number) =>
  queryOptions({
    queryKey: ['learn', 'task', id, 'solution', attempts],
    queryFn: () => body(api.GET('/learn/tasks/{id}/solution', { params: { path: { id } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What is handed in: made once a press of the button, so that a repeated attempt meets the first one. */
export type Handed = Schemas['NewAttempt'];

export const submit = (id: string, handed: Handed): Promise<Submitted> =>
  body(api.POST('/learn/tasks/{id}/attempts', { params: { path: { id } }, body: handed }));

export const saveDraft = (id: string, answer: Answer, leaving = false): Promise<void> =>
  call<void>('PUT', `/learn/tasks/${id}/draft`, { ...json({ answer }), keepalive: leaving });

/** Shows what an answer has changed, and asks for what follows from it: states of the topic, progress, the wait. */
export function showSubmitted(task: Task, { attempt, task: row, need_wrong }: Submitted): void {
  queryClient.setQueryData(taskQuery(task.id).queryKey, (old) =>
    old
      ? {
          ...old,
          ...row,
          need_wrong,
          draft: null,
          attempts: [attempt, ...old.attempts.filter(({ id }) => id !== attempt.id)],
        }
      : old,
  );
  void queryClient.invalidateQueries({ queryKey: taskQuery(task.id).queryKey, exact: true });
  void queryClient.invalidateQueries({ queryKey: taskRoomQuery(task.id).queryKey });
  void queryClient.invalidateQueries({ queryKey: topicQuery(task.topic.id).queryKey });
  void queryClient.invalidateQueries({ queryKey: ['learn', 'course'] });
  void queryClient.invalidateQueries({ queryKey: ['me', 'learning'] });
  if (task.lesson_id) void queryClient.invalidateQueries({ queryKey: ['learn', 'lesson', task.lesson_id] });
}

export const gradingQuery = (course: string | undefined) =>
  queryOptions({
    queryKey: ['grading', course ?? ''],
    queryFn: () => body(api.GET('/grading', { params: { query: course ? { course } : {} } })),
  });

export const grade = (id: string, given: Schemas['NewGrade']): Promise<unknown> =>
  body(api.POST('/grading/{id}', { params: { path: { id } }, body: given }));

export const topicChangesQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'topic', id, 'changes'],
    queryFn: () => body(api.GET('/studio/modules/{id}/changes', { params: { path: { id } } })),
  });

/** Renames a topic or sets its time; what it was before is kept with who changed it. */
export async function saveTopic(
  id: string,
  fields: { title: string; opens_at: string | null },
): Promise<void> {
  // What is left out stays as it is.
  await api.PATCH('/studio/modules/{id}', {
    params: { path: { id } },
    body: fields as Schemas['ModulePatch'],
  });
  void queryClient.invalidateQueries({ queryKey: topicChangesQuery(id).queryKey });
  void queryClient.invalidateQueries({ queryKey: ['learn'] });
  void queryClient.invalidateQueries({ queryKey: ['studio', 'course'] });
}
