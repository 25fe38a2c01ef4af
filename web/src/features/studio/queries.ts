// What the studio asks of the server, and how what it answers gets into the page.
import { queryOptions } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';

export type StudioModule = Schemas['StudioModule'];
/** The card in it counts the modules under the same name as the course holds them; the course wins. */
export type StudioCourse = Schemas['StudioCourse'];
export type StudioLesson = Schemas['StudioLesson'];
export type VideoView = Schemas['VideoView'];

export const courseBody = async (call: Promise<{ data?: unknown }>): Promise<StudioCourse> =>
  (await call).data as StudioCourse;

export const studioCoursesQuery = queryOptions({
  queryKey: ['studio', 'courses'],
  queryFn: () => body(api.GET('/studio/courses', { params: { query: { limit: 100 } } })),
});

/** Whether somebody teaches anything: whatever changes the list of courses makes it stale too. */
export const teachesQuery = queryOptions({
  queryKey: [...studioCoursesQuery.queryKey, 'any'],
  queryFn: async () =>
    (await body(api.GET('/studio/courses', { params: { query: { limit: 1 } } }))).items.length > 0,
});

export const studioCourseQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'course', id],
    queryFn: () => courseBody(api.GET('/studio/courses/{id}', { params: { path: { id } } })),
  });

export const skillsQuery = queryOptions({
  queryKey: ['skills'],
  queryFn: () => body(api.GET('/skills')),
  staleTime: 10 * 60_000,
});

/**
 * A course that is being fetched may have been read before the change that is shown now: its late answer would put the
 * old text back. True when there was one to stop.
 */
function stopFetch(id: string): boolean {
  const filter = { queryKey: studioCourseQuery(id).queryKey, exact: true };
  if (queryClient.isFetching(filter) === 0) return false;
  void queryClient.cancelQueries(filter);
  return true;
}

/** Shows a course as the server has just answered it. The list is asked anew when it is next seen. */
export function showCourse(course: StudioCourse): void {
  stopFetch(course.id);
  queryClient.setQueryData(studioCourseQuery(course.id).queryKey, course);
  void queryClient.invalidateQueries({ queryKey: studioCoursesQuery.queryKey, refetchType: 'none' });
  void queryClient.invalidateQueries({ queryKey: ['course', course.id], refetchType: 'none' });
}

function change(id: string, edit: (course: StudioCourse) => StudioCourse): void {
  queryClient.setQueryData(studioCourseQuery(id).queryKey, (course) => (course ? edit(course) : course));
}

/**
 * Shows a part as the server has just answered it. `ahead` is for what the server has yet to be told: its present state
 * is not asked for then.
 */
export function editCourse(
  id: string,
  edit: (course: StudioCourse) => StudioCourse,
  { ahead = false }: { ahead?: boolean } = {},
): void {
  // A course that is only being opened is left alone: there is nothing to edit yet, and what comes is fresh.
  if (queryClient.getQueryData(studioCourseQuery(id).queryKey) === undefined) return;
  const stopped = stopFetch(id);
  change(id, edit);
  if (stopped && !ahead) void refreshCourse(id);
}

export function showLesson(courseId: string, lesson: StudioLesson): void {
  editCourse(courseId, (course) => ({
    ...course,
    modules: course.modules.map((module) => ({
      ...module,
      lessons: module.lessons.map((old) => (old.id === lesson.id ? lesson : old)),
    })),
  }));
}

/** Puts fresh news of a video where it is shown. They are many, and the next ones correct what a late answer undid. */
export function showVideo(courseId: string, video: VideoView): void {
  const fresh = (old: VideoView | null) => (old?.id === video.id ? video : old);
  change(courseId, (course) => ({
    ...course,
    trailer: fresh(course.trailer),
    modules: course.modules.map((module) => ({
      ...module,
      lessons: module.lessons.map((lesson) => ({ ...lesson, video: fresh(lesson.video) })),
    })),
  }));
}

/** Asks for the course again: durations, states and what is missing follow from many things. */
export const refreshCourse = (id: string): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: studioCourseQuery(id).queryKey });
