// The first thing on the home page of somebody who learns: the next lesson, at the place where it was left.
import { IconPlayerPlayFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { Cover } from '~/features/courses/Cover';
import { LinkButton } from '~/ui/LinkButton';
import { Progress } from '~/ui/Progress';
import { useFormat } from '~/ui/useFormat';
import css from './ContinueLearning.module.css';
import type { LearningRow } from './queries';

/** The same place while it is not known yet what stands in it. */
export function ContinueSkeleton() {
  const { t } = useTranslation();
  return (
    <section aria-busy="true">
      <span className="hidden" role="status">
        {t('loading')}
      </span>
      <div aria-hidden>
        <div className="section-head">
          <span className={css.boneHead} />
        </div>
        <div className={css.split}>
          <span className={css.bonePicture} />
          <div>
            <span className={css.boneLine} />
            <span className={css.boneTitle} />
            <span className={css.boneLine} />
            <span className={css.boneButton} />
          </div>
        </div>
      </div>
    </section>
  );
}

export function ContinueLearning({ row, count }: { row: LearningRow; count: number }) {
  const { t } = useTranslation('courses');
  const format = useFormat();
  const at = row.continue;
  const target = at
    ? ({
        to: '/learn/$courseId/$lessonId',
        params: { courseId: row.course.id, lessonId: at.lesson_id },
      } as const)
    : ({ to: '/learn/$courseId', params: { courseId: row.course.id } } as const);
  const started = at !== null && at.position_s > 0;
  return (
    <section>
      <div className="section-head">
        <h2>{t('home.continue')}</h2>
        <Link to="/my/learning" className="link small">
          {t('home.allMine')}&nbsp;· {format.number(count)}
        </Link>
      </div>
      <div className={css.split}>
        <Link {...target} className={css.picture} aria-hidden tabIndex={-1}>
          <Cover id={row.course.id} cover={row.course.cover} sizes="(max-width: 1024px) 100vw, 380px" eager />
          <span className={css.play}>
            <IconPlayerPlayFilled size={26} />
          </span>
        </Link>
        <div>
          <p className="meta mut">
            <CourseTitle course={row.course} />
            &nbsp;·{' '}
            {t('home.ofLessons', {
              count: row.lessons,
              done: format.number(row.lessons_done),
              all: format.number(row.lessons),
            })}
          </p>
          <h1 className={`work ${css.title}`}>
            <CourseTitle course={{ title: at?.title ?? row.course.title, language: row.course.language }} />
          </h1>
          <div className={css.progress}>
            <Progress percent={row.percent} />
          </div>
          <div className={`row wrap ${css.go}`}>
            <LinkButton {...target} leftSection={<IconPlayerPlayFilled size={18} aria-hidden />}>
              {started ? t('home.continueAt', { at: format.clock(at.position_s) }) : t('home.startLesson')}
            </LinkButton>
            {started && at.duration_s > at.position_s && (
              <span className="meta mut">
                {t('home.left', { span: format.span(at.duration_s - at.position_s) })}
              </span>
            )}
          </div>
        </div>
      </div>
    </section>
  );
}
