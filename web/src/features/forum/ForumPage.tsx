// `/learn/<course>/forum`: the threads of a course (MSG-16).
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { OnlyFor } from '~/features/identity/OnlyFor';
import { learnCourseQuery } from '~/features/learning/queries';
import { useTitle } from '~/ui/useTitle';
import type { Place } from './contract';
import css from './Forum.module.css';
import { NewThread } from './NewThread';
import { Threads } from './Threads';

const route = getRouteApi('/learn/$courseId/forum');

export const ForumPage = () => <OnlyFor may={() => true}>{() => <Forum />}</OnlyFor>;

function Forum() {
  const { t } = useTranslation('forum');
  const { courseId } = route.useParams();
  const { q, state } = route.useSearch();
  const navigate = useNavigate();
  const course = useQuery(learnCourseQuery(courseId));
  const [asking, setAsking] = useState(false);
  useTitle(t('course'));
  const place: Place = { kind: 'forum', course: courseId };
  return (
    <div className={`page ${css.page}`}>
      <div>
        <p className="small mut">
          <Link to="/learn/$courseId" params={{ courseId }}>
            {course.data ? <CourseTitle course={course.data.course} /> : t('toCourse')}
          </Link>
        </p>
        <h1 className="work">{t('course')}</h1>
      </div>
      <Threads
        place={place}
        filter={{ q, state }}
        narrow={(next) =>
          void navigate({
            to: '/learn/$courseId/forum',
            params: { courseId },
            search: {
              ...(next.q ? { q: next.q } : {}),
              ...(next.state && next.state !== 'all' ? { state: next.state } : {}),
            },
            replace: true,
          })
        }
        ask={() => setAsking(true)}
        into={(thread, inside, className) => (
          <Link
            to="/learn/$courseId/forum/$roomId"
            params={{ courseId, roomId: thread.room_id }}
            className={className}
          >
            {inside}
          </Link>
        )}
      />
      {asking && (
        <NewThread
          place={place}
          close={() => setAsking(false)}
          done={(thread) =>
            void navigate({
              to: '/learn/$courseId/forum/$roomId',
              params: { courseId, roomId: thread.room_id },
            })
          }
        />
      )}
    </div>
  );
}
