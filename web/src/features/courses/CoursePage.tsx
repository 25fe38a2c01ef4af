// The page of a course: what it is, what it gives, what it costs, and the one step into it.

import {
  IconChartBar,
  IconCheck,
  IconChevronRight,
  IconLanguage,
  IconRefresh,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { NotFound } from '~/app/NotFound';
import { localeNames } from '~/i18n/format';
import { Initials } from '~/ui/Initials';
import { RichText } from '~/ui/RichText';
import { Failed } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { Rating } from './CourseCard';
import css from './CoursePage.module.css';
import { CourseTitle } from './CourseTitle';
import { Trailer } from './Preview';
import { BuyBar, PriceCard, useEnroll } from './PriceCard';
import { Programme } from './Programme';
import { type CoursePage as Course, categoriesQuery, courseQuery } from './queries';

const route = getRouteApi('/courses/$courseId');

export function CoursePage() {
  const { courseId } = route.useParams();
  const course = useQuery(courseQuery(courseId));
  useTitle(course.data?.title);
  if (isApiError(course.error) && (course.error.status === 404 || course.error.status === 400))
    return <NotFound />;
  if (course.isError && !course.data)
    return <Failed page error={course.error} retry={() => void course.refetch()} />;
  return (
    <Waiting pending={course.isPending} skeleton={<Skeleton />}>
      {course.data && <Loaded course={course.data} />}
    </Waiting>
  );
}

function Loaded({ course }: { course: Course }) {
  const { t } = useTranslation(['courses', 'common']);
  // One enrollment for the card and the bar: a click on either is the same click.
  const enroll = useEnroll(course);
  return (
    <div className={`page ${css.page}`}>
      <Breadcrumb course={course} />
      <div className={css.split}>
        <div className={css.head}>
          {course.viewer.own && course.state !== 'published' && (
            <p className={css.notice}>
              <Tag tone="warn">{t('courses:course.unpublished')}</Tag>
            </p>
          )}
          <h1>
            <CourseTitle course={course} />
          </h1>
          {course.subtitle && (
            <p className={css.subtitle}>
              <bdi>{course.subtitle}</bdi>
            </p>
          )}
          <Facts course={course} />
          <div className={css.trailer}>
            <Trailer course={course} />
          </div>
        </div>
        <PriceCard course={course} enroll={enroll} className={css.buy ?? ''} />
        <div className={css.rest}>
          {course.learn.length > 0 && (
            <Part title={t('courses:course.learn')}>
              <ul className={css.two}>
                {course.learn.map((line) => (
                  <li key={line}>
                    <IconCheck size={20} stroke={1.75} aria-hidden />
                    <span dir="auto">{line}</span>
                  </li>
                ))}
              </ul>
            </Part>
          )}
          {course.programme.length > 0 && <Programme course={course} />}
          {course.requirements.length > 0 && (
            <Part title={t('courses:course.requirements')}>
              <ul className={css.dashes}>
                {course.requirements.map((line) => (
                  <li key={line}>
                    <bdi>{line}</bdi>
                  </li>
                ))}
              </ul>
            </Part>
          )}
          {course.description && (course.description.content?.length ?? 0) > 0 && (
            <Part title={t('courses:course.about')}>
              <RichText doc={course.description} />
            </Part>
          )}
          <Skills course={course} />
          <Author course={course} />
        </div>
      </div>
      <BuyBar course={course} enroll={enroll} />
    </div>
  );
}

export function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={css.part}>
      <div className="section-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

function Breadcrumb({ course }: { course: Course }) {
  const { t } = useTranslation(['courses', 'common']);
  const { locale } = useFormat();
  const categories = useQuery(categoriesQuery);
  const category = categories.data?.items.find((item) => item.id === course.category_id);
  return (
    <nav className={`row meta mut ${css.crumbs}`} aria-label={t('courses:course.breadcrumb')}>
      <Link to="/catalogue">{t('common:catalogue')}</Link>
      {category && (
        <>
          <IconChevronRight size={14} stroke={1.75} className="flip" aria-hidden />
          <Link to="/catalogue" search={{ category: category.slug }}>
            {category.name[locale]}
          </Link>
        </>
      )}
    </nav>
  );
}

function Facts({ course }: { course: Course }) {
  const { t } = useTranslation(['courses', 'common']);
  const format = useFormat();
  const icon = { size: 16, stroke: 1.75, 'aria-hidden': true } as const;
  return (
    <ul className={css.facts}>
      {course.rating !== null && (
        <li>
          <Rating value={course.rating} />
          {t('common:count.ratings', {
            count: course.rating_count,
            value: format.number(course.rating_count),
          })}
        </li>
      )}
      {course.students > 0 && (
        <li>
          <IconUsers {...icon} />
          {t('common:count.students', { count: course.students, value: format.number(course.students) })}
        </li>
      )}
      {course.level && (
        <li>
          <IconChartBar {...icon} />
          {t(`courses:level.${course.level}`)}
        </li>
      )}
      <li>
        <IconLanguage {...icon} />
        <bdi>{localeNames[course.language]}</bdi>
      </li>
      <li>
        <IconRefresh {...icon} />
        {t('courses:course.updated', { date: format.date(course.updated_at) })}
      </li>
    </ul>
  );
}

function Skills({ course }: { course: Course }) {
  const { t } = useTranslation('courses');
  const { locale } = useFormat();
  if (course.skills.length === 0) return null;
  return (
    <Part title={t('course.skills')}>
      <ul className="row wrap">
        {course.skills.map((skill) => (
          <li key={skill.id} className={css.skill}>
            {skill.name[locale]}
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Author({ course }: { course: Course }) {
  const { t } = useTranslation(['courses', 'common']);
  const format = useFormat();
  const { author } = course;
  return (
    <Part title={t('courses:course.author')}>
      <div className={`row top ${css.author}`}>
        <Initials name={author.name} id={author.id} size={64} />
        <div className="grow">
          <b>
            <bdi>{author.name}</bdi>
          </b>
          <p className="meta mut">
            {t('common:count.courses', { count: author.courses, value: format.number(author.courses) })}
            &nbsp;·{' '}
            {t('common:count.students', { count: author.students, value: format.number(author.students) })}
          </p>
          {author.about && (
            <p className={`small ${css.about}`}>
              <bdi>{author.about}</bdi>
            </p>
          )}
        </div>
      </div>
    </Part>
  );
}

function Skeleton() {
  return (
    <div className={`page ${css.page} ${css.skeleton}`} aria-hidden>
      <div className={css.split}>
        <div className={css.head}>
          <span style={{ height: 38, width: '80%' }} />
          <span style={{ height: 26, width: '60%' }} />
          <span style={{ height: 20, width: '70%' }} />
          <span style={{ aspectRatio: '16 / 9' }} />
        </div>
        <div className={css.buy}>
          <span style={{ height: 360 }} />
        </div>
      </div>
    </div>
  );
}
