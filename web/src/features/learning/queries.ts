import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';
import { useSession } from '~/features/identity/session';

export type LearningRow = Schemas['LearningRow'];

export const myLearningQuery = queryOptions({
  queryKey: ['me', 'learning'],
  queryFn: () => body(api.GET('/me/learning', { params: { query: { limit: 100 } } })),
});

/** The courses of the person who is signed in; nothing for a guest. */
export function useMyLearning() {
  const { state } = useSession();
  return useQuery({ ...myLearningQuery, enabled: state === 'user' });
}

/** The enrollment of this person in one course, if any. */
export function useLearningRow(courseId: string): LearningRow | undefined {
  return useMyLearning().data?.items.find((row) => row.course.id === courseId);
}

export const learnCourseQuery = (id: string) =>
  queryOptions({
    queryKey: ['learn', 'course', id],
    queryFn: () => body(api.GET('/learn/courses/{id}', { params: { path: { id } } })),
  });

export const lessonQuery = (id: string) =>
  queryOptions({
    queryKey: ['learn', 'lesson', id],
    queryFn: () => body(api.GET('/learn/lessons/{id}', { params: { path: { id } } })),
  });
