// A lesson: its text, and the way to the one before and after.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useSession } from '~/features/identity/session';
import { RichText } from '~/ui/RichText';
import { Failed, SignInFirst } from '~/ui/State';
import { useTitle } from '~/ui/useTitle';
import { learnCourseQuery, lessonQuery } from './queries';

const route = getRouteApi('/learn/$courseId/$lessonId');

export function LessonPage() {
  const { courseId, lessonId } = route.useParams();
  const { state } = useSession();
  const lesson = useQuery({ ...lessonQuery(lessonId), enabled: state === 'user' });
  const course = useQuery({ ...learnCourseQuery(courseId), enabled: state === 'user' });
  useTitle(lesson.data?.title);
  if (state === 'guest') return <SignInFirst page />;
  if (lesson.isError) return <Failed page error={lesson.error} retry={() => void lesson.refetch()} />;
  if (!lesson.data) return null;
  return (
    <div className="page" style={{ paddingBlockStart: 24 }}>
      <p className="meta mut">
        <Link to="/courses/$courseId" params={{ courseId }}>
          <bdi>{course.data?.course.title}</bdi>
        </Link>
      </p>
      <h1 className="work">
        <bdi>{lesson.data.title}</bdi>
      </h1>
      {lesson.data.body && <RichText doc={lesson.data.body} />}
    </div>
  );
}
