// `/learn/<course>/<lesson>`: the video with the programme and the chat beside it. Whoever has no right to the whole
// lesson page may still have one to a free preview: that is asked next.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useSession } from '~/features/identity/session';
import { Failed } from '~/ui/State';
import { useTitle } from '~/ui/useTitle';
import { LessonHeader } from './LessonHeader';
import { LessonRoom, LessonSkeleton } from './LessonRoom';
import { mayNot, notReady, whileNotReady } from './lessonState';
import { learnCourseQuery, lessonQuery } from './queries';
import { StrangerLesson } from './StrangerLesson';

const route = getRouteApi('/learn/$courseId/$lessonId');

export function LessonPage() {
  const { courseId, lessonId } = route.useParams();
  const { at } = route.useSearch();
  const { state } = useSession();
  const client = useQueryClient();
  const lesson = useQuery({
    ...lessonQuery(lessonId),
    enabled: state === 'user',
    refetchInterval: (query) => whileNotReady(query.state.data, query.state.error),
  });
  const course = useQuery({ ...learnCourseQuery(courseId), enabled: state === 'user' });
  // Asking again empties the error: the lesson is remembered as one that is being prepared until there is an answer.
  const [awaited, setAwaited] = useState<string | undefined>(undefined);
  if (notReady(lesson.error) && awaited !== lessonId) setAwaited(lessonId);
  const opened = awaited === lessonId && lesson.data !== undefined;
  useEffect(() => {
    // The programme still shows a lock.
    if (opened) void client.invalidateQueries({ queryKey: learnCourseQuery(courseId).queryKey });
  }, [opened, client, courseId]);
  useTitle(lesson.data?.title);

  if (state === 'guest' || mayNot(lesson.error) || mayNot(course.error)) {
    return <StrangerLesson key={lessonId} courseId={courseId} lessonId={lessonId} />;
  }
  // A failed refresh of what is shown is no reason to take it away.
  const failed = [course, lesson].find((query) => query.isError && !query.data && !notReady(query.error));
  if (failed) {
    return (
      <>
        <LessonHeader course={course.data} />
        <Failed page error={failed.error} retry={() => void failed.refetch()} />
      </>
    );
  }
  if (!course.data) return <LessonSkeleton />;
  return (
    <LessonRoom
      lessonId={lessonId}
      at={at}
      lesson={lesson.data}
      preparing={!lesson.data && awaited === lessonId}
      course={course.data}
    />
  );
}
