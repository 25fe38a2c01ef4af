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

export const studioCourseQuery = (id: string) =>
  queryOptions({
    queryKey: ['studio', 'course', id],
    queryFn: () => courseBody(api.GET('/studio/courses/{id}', { params: { path: { id } } })),
  });

export const questionsQuery = (lesson: string) =>
  queryOptions({
    queryKey: ['studio', 'questions', lesson],
    queryFn: () => body(api.GET('/studio/lessons/{id}/questions', { params: { path: { id: lesson } } })),
  });

export const skillsQuery = queryOptions({
  queryKey: ['skills'],
  queryFn: () => body(api.GET('/skills')),
  staleTime: 10 * 60_000,
});

/** Shows a course as the server has just answered it. The list is asked anew when it is next seen. */
export function showCourse(course: StudioCourse): void {
  queryClient.setQueryData(studioCourseQuery(course.id).queryKey, course);
  void queryClient.invalidateQueries({ queryKey: studioCoursesQuery.queryKey, refetchType: 'none' });
  void queryClient.invalidateQueries({ queryKey: ['course', course.id], refetchType: 'none' });
}

export function editCourse(id: string, edit: (course: StudioCourse) => StudioCourse): void {
  queryClient.setQueryData(studioCourseQuery(id).queryKey, (course) => (course ? edit(course) : course));
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

/** Puts fresh news of a video where it is shown. */
export function showVideo(courseId: string, video: VideoView): void {
  const fresh = (old: VideoView | null) => (old?.id === video.id ? video : old);
  editCourse(courseId, (course) => ({
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
