// The choice by target score (CRS-37): what each track is for, its courses, and the topics that will be in them.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import { CourseTitle } from './CourseTitle';
import { type Track, tracksQuery } from './queries';
import css from './Tracks.module.css';

const tracks = [60, 80] as const;
/** Courses of a track and topics of a course that are named here; the rest is in the catalogue. */
const COURSES = 2;
const TOPICS = 5;

export function Tracks() {
  const { t } = useTranslation(['courses', 'common']);
  // Without an answer the choice itself is there all the same.
  const found = useQuery(tracksQuery).data?.items ?? [];
  return (
    <section className="section">
      <div className="section-head">
        <h2>{t('home.goal')}</h2>
      </div>
      <div className={css.tracks}>
        {tracks.map((track) => (
          <article key={track} className={css.track}>
            <Link to="/catalogue" search={{ track }} className={css.head}>
              <bdi dir="ltr" className={css.big}>
                {track}+
              </bdi>
              <span>
                <b>{t(`home.track${track}`)}</b>
                <span className={css.text}>{t(`home.track${track}Text`)}</span>
              </span>
            </Link>
            <Courses courses={found.find((one) => one.track === track)?.courses ?? []} />
          </article>
        ))}
      </div>
    </section>
  );
}

/** The courses of a track with what they are about and their topics. */
export function Courses({ courses }: { courses: Track['courses'] }) {
  if (courses.length === 0) return null;
  return (
    <ul className={css.courses}>
      {courses.slice(0, COURSES).map((course) => (
        <li key={course.id}>
          <h3 className={css.title}>
            <Link to="/courses/$courseId" params={{ courseId: course.id }}>
              <CourseTitle course={course} />
            </Link>
          </h3>
          {(course.subtitle || course.summary) && (
            <p dir="auto" className={`two-lines ${css.about}`}>
              {course.subtitle || course.summary}
            </p>
          )}
          <Topics topics={course.topics} />
        </li>
      ))}
    </ul>
  );
}

export function Topics({ topics }: { topics: string[] }) {
  const { t } = useTranslation('courses');
  const format = useFormat();
  if (topics.length === 0) return null;
  const more = topics.length - TOPICS;
  return (
    <ul className={css.topics} aria-label={t('home.topics')}>
      {topics.slice(0, TOPICS).map((topic, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two topics may have one name.
        <li key={at}>
          <bdi>{topic}</bdi>
        </li>
      ))}
      {more > 0 && (
        <li className="mut">{t('home.moreTopics', { count: more, value: format.number(more) })}</li>
      )}
    </ul>
  );
}
