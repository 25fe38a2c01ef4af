// `/learn/<course>/<lesson>`: the video with the programme and the chat beside it. Whoever has no right to the whole
// lesson page may still have one to a free preview: that is asked next.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { isApiError } from '~/api/error';
import { useSession } from '~/features/identity/session';
import { Failed } from '~/ui/State';
import { useTitle } from '~/ui/useTitle';
import { LessonRoom, LessonSkeleton } from './LessonRoom';
import { learnCourseQuery, lessonQuery } from './queries';
import { StrangerLesson } from './StrangerLesson';

const route = getRouteApi('/learn/$courseId/$lessonId');

export function LessonPage() {
  const { courseId, lessonId } = route.useParams();
  const { state } = useSession();
  const lesson = useQuery({
    ...lessonQuery(lessonId),
    enabled: state === 'user',
    refetchInterval: (query) => whileNotReady(query.state.data),
  });
  const course = useQuery({ ...learnCourseQuery(courseId), enabled: state === 'user' });
  useTitle(lesson.data?.title);
  if (state === 'guest' || mayNot(lesson.error) || mayNot(course.error)) {
    return <StrangerLesson key={lessonId} courseId={courseId} lessonId={lessonId} />;
  }
  if (lesson.isError) return <Failed page error={lesson.error} retry={() => void lesson.refetch()} />;
  if (course.isError) return <Failed page error={course.error} retry={() => void course.refetch()} />;
  if (!lesson.data || !course.data) return <LessonSkeleton />;
  return <LessonRoom key={lessonId} lesson={lesson.data} course={course.data} />;
}

const mayNot = (error: unknown): boolean =>
  isApiError(error) && (error.status === 401 || error.status === 402 || error.status === 403);

/** A video that is still being prepared opens by itself. */
const whileNotReady = (lesson: { kind: string; video: unknown } | undefined): number | false =>
  lesson && lesson.kind === 'video' && !lesson.video ? 10_000 : false;
