// What the author's pages of tasks ask of the server.
import { queryOptions } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';
import type { Answer, Body, Judged, Key, StudioTask, TaskKind } from '~/features/tasks/contract';
import { uploadOnce } from '~/features/video/uploads/once';
import type { freshTask } from './fresh';

const at = (id: string) => ({ params: { path: { id } } });
/** The server fills in what it leaves optional. */
const whole = (call: Promise<{ data?: Schemas['StudioTask'] }>): Promise<StudioTask> =>
  body(call) as Promise<unknown> as Promise<StudioTask>;

export const tasksQuery = (course: string) =>
  queryOptions({
    queryKey: ['studio', 'tasks', course],
    queryFn: () => body(api.GET('/studio/courses/{id}/tasks', at(course))),
  });

export const studioTaskQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'task', id],
    queryFn: () => whole(api.GET('/studio/tasks/{id}', at(id))),
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'task', id, 'versions'],
    queryFn: () =>
      body(api.GET('/studio/tasks/{id}/versions', at(id))) as Promise<unknown> as Promise<{
        items: StudioTask[];
      }>,
  });

/** Counts what the present key judges better; with `apply` has it judged so, in the background. */
export const regrade = (id: string, apply: boolean, reason: string): Promise<Schemas['Regraded']> =>
  body(api.POST('/studio/tasks/{id}/regrade', { ...at(id), body: { apply, reason } }));

export async function listAgain(course: string): Promise<void> {
  // A topic may have its first task with it: what the course lacks is asked for anew.
  void queryClient.invalidateQueries({ queryKey: ['studio', 'course', course], exact: true });
  await queryClient.invalidateQueries({ queryKey: tasksQuery(course).queryKey });
}

export async function addTask(
  course: string,
  module: string,
  task: ReturnType<typeof freshTask> & { lesson_id: string | null; title: string },
  once: string,
): Promise<StudioTask> {
  const made = await whole(
    api.POST('/studio/modules/{id}/tasks', {
      params: { path: { id: module }, header: { 'Idempotency-Key': once } },
      body: task as Schemas['NewTask'],
    }),
  );
  queryClient.setQueryData(studioTaskQuery(made.id).queryKey, made);
  await listAgain(course);
  return made;
}

export async function removeTask(course: string, id: string): Promise<void> {
  await api.DELETE('/studio/tasks/{id}', at(id));
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
    queryClient.setQueryData(queryKey, { ...before, items: [...others, ...mine] });
  }
  try {
    await api.PUT('/studio/modules/{id}/task-order', { ...at(module), body: { tasks: [...ids] } });
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
  whole(
    api.PUT('/studio/tasks/{id}', {
      params: { path: { id }, header: { 'If-Match': `"${version}"` } },
      body: { ...fields, note } as Schemas['TaskFields'],
    }),
  );

export function showTask(task: StudioTask): void {
  queryClient.setQueryData(studioTaskQuery(task.id).queryKey, task);
  void queryClient.invalidateQueries({ queryKey: versionsQuery(task.id).queryKey });
  void queryClient.invalidateQueries({ queryKey: ['learn', 'task', task.id] });
  void listAgain(task.course_id);
}

export const tryAnswer = (
  kind: TaskKind,
  parts: { body: Body; key: Key },
  answer: Answer,
  locale: string,
): Promise<Judged> =>
  body(
    api.POST('/studio/tasks/check', {
      body: { kind, ...parts, answer, locale } as Schemas['TrialAnswer'],
    }),
  );

/** Sends a picture for a statement or a solution. */
export async function addPicture(
  file: File,
  told: (percent: number) => void,
): Promise<Schemas['TaskPicture']> {
  const upload = await uploadOnce(file, 'task_image', told);
  return body(api.POST('/studio/tasks/images', { body: { upload_id: upload } }));
}
