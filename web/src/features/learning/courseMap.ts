// Where a lesson stands in its course. Pure.
import type { Schemas } from '~/api/client';
import type { RailModule } from './Programme';

type Course = Pick<Schemas['LearnCourse'], 'modules'>;

export function placeOf(course: Course, lessonId: string): { module: number; lesson: number } {
  let number = 0;
  for (const [index, module] of course.modules.entries()) {
    for (const lesson of module.lessons) {
      number++;
      if (lesson.id === lessonId) return { module: index + 1, lesson: number };
    }
  }
  return { module: 1, lesson: 1 };
}

const lessonsOf = (course: Course) => course.modules.flatMap((module) => module.lessons);
export const titleOf = (course: Course, id: string) =>
  lessonsOf(course).find((lesson) => lesson.id === id)?.title;
export const kindOf = (course: Course, id: string) =>
  lessonsOf(course).find((lesson) => lesson.id === id)?.kind;

/** The lesson before or after, as far as the programme tells. */
export function besides(course: Course, id: string, by: 1 | -1): string | null {
  const lessons = lessonsOf(course);
  const index = lessons.findIndex((lesson) => lesson.id === id);
  return index < 0 ? null : (lessons[index + by]?.id ?? null);
}

export const railModules = (course: Course): RailModule[] =>
  course.modules.map((module) => ({
    ...module,
    lessons: module.lessons.map((lesson) => ({
      ...lesson,
      open: lesson.mark !== 'locked',
      reason: lesson.mark === 'locked' ? ('lockedNotReady' as const) : undefined,
    })),
  }));
