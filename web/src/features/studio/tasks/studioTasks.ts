// What the author's pages of tasks ask of the server.
import { queryOptions } from '@tanstack/react-query';
import { call } from '~/api/call';
import { intentKey } from '~/api/client';
import { queryClient } from '~/app/queries';
import type {
  Answer,
  Body,
  Judged,
  Key,
  StudioTask,
  StudioTaskRow,
  TaskKind,
} from '~/features/tasks/contract';
import { uploadOnce } from '~/features/video/uploads/once';
import { freshTask } from './fresh';

const json = (value: unknown, headers: Record<string, string> = {}) => ({
  body: JSON.stringify(value),
  type: 'application/json',
  headers,
});

export const tasksQuery = (course: string) =>
  queryOptions({
    queryKey: ['studio', 'tasks', course],
    queryFn: () => call<{ items: StudioTaskRow[] }>('GET', `/studio/courses/${course}/tasks`),
  });

export const studioTaskQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'task', id],
    queryFn: () => call<StudioTask>('GET', `/studio/tasks/${id}`),
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'task', id, 'versions'],
    queryFn: () => call<{ items: StudioTask[] }>('GET', `/studio/tasks/${id}/versions`),
  });

export const listAgain = (course: string): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: tasksQuery(course).queryKey });

export async function addTask(
  course: string,
  module: string,
  lesson: string | null,
  kind: TaskKind,
  title: string,
): Promise<StudioTask> {
  const made = await call<StudioTask>(
    'POST',
    `/studio/modules/${module}/tasks`,
    json({ lesson_id: lesson, title, ...freshTask(kind) }, { 'idempotency-key': intentKey() }),
  );
  queryClient.setQueryData(studioTaskQuery(made.id).queryKey, made);
  await listAgain(course);
  return made;
}

export async function removeTask(course: string, id: string): Promise<void> {
  await call<void>('DELETE', `/studio/tasks/${id}`);
  await listAgain(course);
}

/** The tasks of a topic, all of them, in their new order; the list shows it before the server has answered. */
export async function orderTasks(course: string, module: string, ids: readonly string[]): Promise<void> {
  const { queryKey } = tasksQuery(course);
  const before = queryClient.getQueryData(queryKey);
  if (before) {
    const place = new Map(ids.map((id, index) => [id, index]));
    const mine = before.items
      .filter(({ id }) => place.has(id))
      .sort((one, two) => (place.get(one.id) ?? 0) - (place.get(two.id) ?? 0));
    const others = before.items.filter(({ id }) => !place.has(id));
    queryClient.setQueryData(queryKey, { items: [...others, ...mine] });
  }
  try {
    await call<unknown>('PUT', `/studio/modules/${module}/task-order`, json({ tasks: ids }));
  } catch (error) {
    await listAgain(course);
    throw error;
  }
}

/** What one save sends: the whole task. */
export type TaskFields = Pick<
  StudioTask,
  'title' | 'points' | 'required' | 'chat_after' | 'statement' | 'body' | 'key' | 'solution' | 'solution_rule'
>;

export const saveTask = (
  id: string,
  version: number,
  fields: TaskFields,
  note: string | null,
): Promise<StudioTask> =>
  call<StudioTask>('PUT', `/studio/tasks/${id}`, json({ ...fields, note }, { 'if-match': `"${version}"` }));

export function showTask(task: StudioTask): void {
  queryClient.setQueryData(studioTaskQuery(task.id).queryKey, task);
  void queryClient.invalidateQueries({ queryKey: versionsQuery(task.id).queryKey });
  void queryClient.invalidateQueries({ queryKey: ['learn', 'task', task.id] });
  void listAgain(task.course_id);
}

export const tryAnswer = (
  kind: TaskKind,
  body: Body,
  key: Key,
  answer: Answer,
  locale: string,
): Promise<Judged> => call<Judged>('POST', '/studio/tasks/check', json({ kind, body, key, answer, locale }));

export type PutPicture = { id: string; url: string; width: number; height: number };

/** Sends a picture for a statement or a solution. */
export async function addPicture(file: File, told: (percent: number) => void): Promise<PutPicture> {
  const upload = await uploadOnce(file, 'task_image', told);
  return call<PutPicture>('POST', '/studio/tasks/images', json({ upload_id: upload }));
}
