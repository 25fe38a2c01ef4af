// What the pages of tasks ask of the server, and what they show of an answer before they ask again.
import { queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { queryClient } from '~/app/queries';
import type { Answer, Doc, GradingItem, Submitted, Task, TaskRoom, Topic, TopicChange } from './contract';

const json = (value: unknown) => ({ body: JSON.stringify(value), type: 'application/json' });

export const topicQuery = (id: string) =>
  queryOptions({
    queryKey: ['learn', 'topic', id],
    queryFn: () => call<Topic>('GET', `/learn/topics/${id}`),
  });

export const taskQuery = (id: string) =>
  queryOptions({ queryKey: ['learn', 'task', id], queryFn: () => call<Task>('GET', `/learn/tasks/${id}`) });

export const taskRoomQuery = (id: string) =>
  queryOptions({
    queryKey: ['learn', 'task', id, 'room'],
    queryFn: () => call<TaskRoom>('GET', `/tasks/${id}/room`),
  });

export const solutionQuery = (id: string, attempts: number) =>
  queryOptions({
    queryKey: ['learn', 'task', id, 'solution', attempts],
    queryFn: () => call<{ solution: Doc }>('GET', `/learn/tasks/${id}/solution`),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What is handed in: made once a press of the button, so that a repeated attempt meets the first one. */
export type Handed = { client_key: string; version: number; answer: Answer; spent_ms: number };

export const submit = (id: string, handed: Handed): Promise<Submitted> =>
  call<Submitted>('POST', `/learn/tasks/${id}/attempts`, json(handed));

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
    queryFn: () =>
      call<{ items: GradingItem[]; next_cursor: string | null }>(
        'GET',
        `/grading${course ? `?course=${encodeURIComponent(course)}` : ''}`,
      ),
  });

export const grade = (
  attempt: string,
  given: { score_num: number; score_den: number; comment: string | null },
): Promise<unknown> => call('POST', `/grading/${attempt}`, json(given));

export const topicChangesQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'topic', id, 'changes'],
    queryFn: () => call<{ items: TopicChange[] }>('GET', `/studio/modules/${id}/changes`),
  });

/** Renames a topic or sets its time; what it was before is kept with who changed it. */
export async function saveTopic(
  id: string,
  fields: { title: string; opens_at: string | null },
): Promise<void> {
  await call<unknown>('PATCH', `/studio/modules/${id}`, json(fields));
  void queryClient.invalidateQueries({ queryKey: topicChangesQuery(id).queryKey });
  void queryClient.invalidateQueries({ queryKey: ['learn'] });
  void queryClient.invalidateQueries({ queryKey: ['studio', 'course'] });
}
