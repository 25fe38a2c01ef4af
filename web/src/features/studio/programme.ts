// Changes of the programme: what is asked of the server, and what the page shows meanwhile.
import { api, body, intentKey } from '~/api/client';
import { isApiError } from '~/api/error';
import { queryClient } from '~/app/queries';
import { dropDraft } from './drafts';
import { arrange, type Order, orderOf, sameOrder, stepLesson, stepModule } from './order';
import {
  courseBody,
  editCourse,
  refreshCourse,
  type StudioCourse,
  type StudioLesson,
  type StudioModule,
  showCourse,
  studioCourseQuery,
} from './queries';

const at = (id: string) => ({ params: { path: { id } } });
const once = (id: string, key = intentKey()) => ({
  params: { path: { id }, header: { 'Idempotency-Key': key } },
});

export async function addModule(course: string, title: string): Promise<StudioModule> {
  const module = await body(api.POST('/studio/courses/{id}/modules', { ...once(course), body: { title } }));
  editCourse(course, (old) => ({
    ...old,
    modules: [...old.modules.filter(({ id }) => id !== module.id), module],
  }));
  void refreshCourse(course);
  return module;
}

export async function addLesson(
  course: string,
  module: string,
  title: string,
  kind: 'video' | 'text',
  /** Of the intent: a repeated attempt after a lost answer makes no second lesson. */
  key?: string,
): Promise<StudioLesson> {
  const lesson = await body(
    api.POST('/studio/modules/{id}/lessons', { ...once(module, key), body: { title, kind } }),
  );
  editCourse(course, (old) => ({
    ...old,
    modules: old.modules.map((item) =>
      item.id === module && !item.lessons.some(({ id }) => id === lesson.id)
        ? { ...item, lessons: [...item.lessons, lesson] }
        : item,
    ),
  }));
  void refreshCourse(course);
  return lesson;
}

export async function deleteLesson(course: string, lesson: string): Promise<void> {
  await api.DELETE('/studio/lessons/{id}', at(lesson));
  dropDraft('lesson', lesson);
  editCourse(course, (old) => ({
    ...old,
    modules: old.modules.map((module) => ({
      ...module,
      lessons: module.lessons.filter((item) => item.id !== lesson),
    })),
  }));
  void refreshCourse(course);
}

export async function deleteModule(course: string, module: string): Promise<void> {
  await api.DELETE('/studio/modules/{id}', at(module));
  const known = queryClient.getQueryData(studioCourseQuery(course).queryKey);
  const gone = known?.modules.find((item) => item.id === module)?.lessons ?? [];
  for (const lesson of gone) dropDraft('lesson', lesson.id);
  dropDraft('module', module);
  editCourse(course, (old) => ({ ...old, modules: old.modules.filter((item) => item.id !== module) }));
  void refreshCourse(course);
}

/** One change of order after the other: each is told against what the one before has made. */
let queue: Promise<unknown> = Promise.resolve();
/** How many of them are not answered yet. */
let waiting = 0;

/** Shows the new order at once and tells the server; what it does not take is loaded again and thrown. */
export function reorder(course: StudioCourse, order: Order): Promise<void> {
  const moved = (old: StudioCourse): StudioCourse => ({
    ...old,
    modules: arrange(old.modules, order).map((module) => ({
      ...module,
      lessons: module.lessons.map((lesson) => ({ ...lesson, module_id: module.id })),
    })),
  });
  editCourse(course.id, moved, { ahead: true });
  waiting += 1;
  const send = queue.then(async () => {
    try {
      const answer = await courseBody(
        api.PUT('/studio/courses/{id}/order', { ...at(course.id), body: { modules: order } }),
      ).finally(() => {
        waiting -= 1;
      });
      // What was moved meanwhile is on the page already: this answer does not know of it.
      if (waiting === 0) showCourse(answer);
    } catch (error) {
      if (isApiError(error) && error.status === 0) throw error;
      await refreshCourse(course.id);
      throw error;
    }
  });
  queue = send.catch(() => undefined);
  return send;
}

/**
 * The order as it is now. A component may still hold the course from before the last move, since what is shown follows
 * a moment later.
 */
export const currentOrder = (course: StudioCourse): Order =>
  orderOf((queryClient.getQueryData(studioCourseQuery(course.id).queryKey) ?? course).modules);

export type Kind = 'lesson' | 'module';

/** The order after one step up or down from how it is now; nothing at an end. */
export function stepped(course: StudioCourse, id: string, kind: Kind, by: 1 | -1): Order | undefined {
  const order = currentOrder(course);
  const next = kind === 'lesson' ? stepLesson(order, id, by) : stepModule(order, id, by);
  return sameOrder(next, order) ? undefined : next;
}
