// A course in a row or in the catalogue. The title is the link; its target is the whole card.
import { IconStarFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useLearningRow } from '~/features/learning/queries';
import { LinkButton } from '~/ui/LinkButton';
import { Money } from '~/ui/Money';
import { Progress } from '~/ui/Progress';
import { useFormat } from '~/ui/useFormat';
import css from './CourseCard.module.css';
import { CourseTitle } from './CourseTitle';
import { Cover } from './Cover';
import type { CourseCard as Card } from './queries';

export function CourseCard({ course, list = false }: { course: Card; list?: boolean }) {
  const { t } = useTranslation('courses');
  const format = useFormat();
  // In the catalogue cards follow the h1 at once; in a row of the home page they are under its h2.
  const Heading = list ? 'h2' : 'h3';
  const row = useLearningRow(course.id);
  const facts = [
    course.hours_s > 0 ? format.span(course.hours_s) : undefined,
    course.level ? t(`level.${course.level}`).toLocaleLowerCase(format.locale) : undefined,
  ].filter(Boolean);
  return (
    <article className={list ? css.listCard : css.card}>
      <Cover
        id={course.id}
        cover={course.cover}
        {...(list ? { sizes: '(max-width: 768px) 112px, (max-width: 1024px) 45vw, 300px' } : {})}
      />
      <Heading className={`two-lines ${css.title}`}>
        <Link to="/courses/$courseId" params={{ courseId: course.id }} className={css.link}>
          <CourseTitle course={course} />
        </Link>
      </Heading>
      <p className={`clip ${css.author}`}>
        <bdi>{course.author.name}</bdi>
      </p>
      <p className={`row ${css.facts}`}>
        {course.rating !== null && <Rating value={course.rating} count={course.rating_count} />}
        <span className="clip mut">
          {course.rating !== null && '·\u00a0'}
          {facts.join('\u00a0· ')}
        </span>
      </p>
      <div className={css.foot}>
        {row ? (
          <>
            <Progress percent={row.percent} thin />
            <LinkButton
              to="/learn/$courseId"
              params={{ courseId: course.id }}
              size="xs"
              color="gray"
              variant="light"
              className={css.button ?? ''}
            >
              {t(row.percent >= 100 ? 'card.open' : row.percent > 0 ? 'card.continue' : 'card.start')}
            </LinkButton>
          </>
        ) : (
          <>
            <span className="row">
              {course.price ? <Money value={course.price} /> : <b>{t('course.free')}</b>}
              {course.price && course.old_price && <Money value={course.old_price} struck className="meta" />}
            </span>
            <LinkButton
              to="/courses/$courseId"
              params={{ courseId: course.id }}
              size="xs"
              variant="default"
              className={css.button ?? ''}
              aria-label={`${t(course.price ? 'card.open' : 'card.start')}: ${course.title}`}
            >
              {t(course.price ? 'card.open' : 'card.start')}
            </LinkButton>
          </>
        )}
      </div>
    </article>
  );
}

export function Rating({ value, count }: { value: number; count?: number }) {
  const { t } = useTranslation('courses');
  const format = useFormat();
  return (
    <span className={css.rating}>
      <IconStarFilled size={14} aria-hidden />
      <span className="hidden">{t('card.rating', { value: format.rating(value) })}</span>
      <b aria-hidden>{format.rating(value)}</b>
      {count !== undefined && <span className="mut">({format.number(count)})</span>}
    </span>
  );
}

/** Cards side by side; on a phone they scroll sideways with the next one peeking. */
export function CardRow({ courses }: { courses: Card[] }) {
  return (
    <div className={css.rowOfCards}>
      {courses.map((course) => (
        <CourseCard key={course.id} course={course} />
      ))}
    </div>
  );
}

export function CardGrid({ courses }: { courses: Card[] }) {
  return (
    <div className={css.grid}>
      {courses.map((course) => (
        <CourseCard key={course.id} course={course} list />
      ))}
    </div>
  );
}

/** The same geometry as a card, while the courses are on their way. */
export function CardSkeletons({ count, list = false }: { count: number; list?: boolean }) {
  return (
    <div className={list ? css.grid : css.rowOfCards} aria-hidden>
      {Array.from({ length: count }, (_, number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: skeletons have no identity.
        <div key={number} className={`${list ? css.listCard : css.card} ${css.skeleton}`}>
          <span className={css.skCover} />
          <span className={css.skTitle} />
          <span className={css.skLine} />
          <span className={css.skShort} />
          <span className={css.skFoot} />
        </div>
      ))}
    </div>
  );
}
