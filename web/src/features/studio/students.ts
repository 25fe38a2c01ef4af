// The students of a course, as asked of the server.
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { api, body, type Schemas } from '~/api/client';
import { given } from '~/api/json';
import { queryClient } from '~/app/queries';
import type { StudentsSearch } from './routes';

export type CourseStudent = Schemas['CourseStudent'];
export type StudentCounts = Schemas['StudentCounts'];

const PAGE = 50;
const key = (course: string) => ['studio', 'students', course] as const;

export const studentsQuery = (course: string, search: StudentsSearch) =>
  infiniteQueryOptions({
    queryKey: [...key(course), search],
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/studio/courses/{id}/students', {
          params: { path: { id: course }, query: given({ ...search, limit: PAGE, cursor: pageParam }) },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // While one types, what stood there before is not replaced by bones.
    placeholderData: keepPreviousData,
  });

export const refreshStudents = (course: string): Promise<void> =>
  queryClient.invalidateQueries({ queryKey: key(course) });
