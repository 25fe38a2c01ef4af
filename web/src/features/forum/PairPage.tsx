// `/learn/<course>/author`: a student's room with the author of the course (MSG-03).
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { OnlyFor } from '~/features/identity/OnlyFor';
import { learnCourseQuery } from '~/features/learning/queries';
import { RoomChat } from '~/features/messaging/RoomChat';
import { Failed } from '~/ui/State';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { pairQuery } from './queries';
import { RoomBox, RoomFrame } from './RoomFrame';

const route = getRouteApi('/learn/$courseId/author');

export const PairPage = () => <OnlyFor may={() => true}>{() => <Pair />}</OnlyFor>;

function Pair() {
  const { t } = useTranslation('forum');
  const { courseId } = route.useParams();
  const course = useQuery(learnCourseQuery(courseId));
  const room = useQuery(pairQuery(courseId));
  useTitle(t('pairTitle'));
  return (
    <RoomFrame
      back={(inside) => (
        <Link to="/learn/$courseId" params={{ courseId }} className="link">
          {inside(course.data ? <CourseTitle course={course.data.course} /> : t('toCourse'))}
        </Link>
      )}
      title={t('pairTitle')}
      text={course.data && <bdi>{course.data.course.author.name}</bdi>}
    >
      {room.isError && !room.data ? (
        <Failed error={room.error} retry={() => void room.refetch()} />
      ) : (
        <Waiting
          pending={room.isPending}
          skeleton={<Skeleton height={320} radius="md" />}
          label={t('room.loading')}
        >
          {room.data && (
            <RoomBox>
              <RoomChat
                roomId={room.data.room_id}
                roomKind="pair"
                title={<span className="hidden">{t('pairTitle')}</span>}
              />
            </RoomBox>
          )}
        </Waiting>
      )}
    </RoomFrame>
  );
}
