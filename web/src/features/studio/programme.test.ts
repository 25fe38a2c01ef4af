// @vitest-environment happy-dom
// Moves in the programme that follow each other faster than the page is drawn. TCH-04
import { afterEach, expect, it, vi } from 'vitest';

const told = vi.hoisted(() => [] as unknown[]);
vi.mock('~/api/client', () => ({
  api: {
    PUT: (_path: string, { body }: { body: unknown }) => {
      told.push(body);
      return new Promise(() => undefined);
    },
  },
  body: () => undefined,
  intentKey: () => 'key',
}));

const { queryClient } = await import('~/app/queries');
const { currentOrder, reorder, stepped } = await import('./programme');
const { studioCourseQuery } = await import('./queries');
type StudioCourse = Parameters<typeof currentOrder>[0];

const lessons = (...ids: string[]) => ids.map((id) => ({ id, module_id: '' }));
const course = {
  id: 'course',
  modules: [
    { id: 'A', lessons: lessons('1', '2') },
    { id: 'B', lessons: lessons('3') },
  ],
} as unknown as StudioCourse;
const text = () => currentOrder(course).map(({ id, lessons }) => `${id}${lessons.join('')}`);

afterEach(() => {
  queryClient.clear();
  told.length = 0;
});

const press = (id: string, kind: 'lesson' | 'module', by: 1 | -1) => {
  const order = stepped(course, id, kind, by);
  if (order) void reorder(course, order).catch(() => undefined);
  return order !== undefined;
};

it('counts the second step from the result of the first, though the page still shows the old course', () => {
  queryClient.setQueryData(studioCourseQuery('course').queryKey, course);
  press('1', 'lesson', 1);
  press('1', 'lesson', 1);
  expect(text()).toEqual(['A2', 'B13']);
  press('B', 'module', -1);
  press('1', 'lesson', 1);
  expect(text()).toEqual(['B31', 'A2']);
});

it('is no step at an end, so that nothing is told to the server', () => {
  queryClient.setQueryData(studioCourseQuery('course').queryKey, course);
  expect(press('1', 'lesson', -1)).toBe(false);
  expect(press('B', 'module', 1)).toBe(false);
  expect(told).toEqual([]);
});
