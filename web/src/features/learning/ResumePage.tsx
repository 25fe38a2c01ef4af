// `/learn/<course>` without a lesson: goes on to the lesson where this person stands, or to the first one.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Navigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { Failed, SignInFirst } from '~/ui/State';
import { learnCourseQuery } from './queries';

const route = getRouteApi('/learn/$courseId');

export function ResumePage() {
  const { t } = useTranslation();
  const { courseId } = route.useParams();
  const { state } = useSession();
  const course = useQuery({ ...learnCourseQuery(courseId), enabled: state === 'user' });
  if (state === 'guest') return <SignInFirst page />;
  if (course.isError && !course.data)
    return <Failed page error={course.error} retry={() => void course.refetch()} />;
  if (!course.data) {
    return (
      <p className="hidden" role="status">
        {t('loading')}
      </p>
    );
  }
  const lessonId =
    course.data.continue_lesson_id ?? course.data.modules.flatMap((module) => module.lessons).at(0)?.id;
  if (!lessonId) return <Navigate to="/courses/$courseId" params={{ courseId }} replace />;
  return <Navigate to="/learn/$courseId/$lessonId" params={{ courseId, lessonId }} replace />;
}
