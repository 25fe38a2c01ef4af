// What the course costs and the step into it. A free course opens at one click; a paid one says honestly that payment
// is not open yet, and has no button that does nothing.
import { Button } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCertificate,
  IconClock,
  IconDownload,
  IconInfinity,
  IconInfoCircle,
  IconShare,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { useSession } from '~/features/identity/session';
import { myLearningQuery, useLearningRow } from '~/features/learning/queries';
import { LinkButton } from '~/ui/LinkButton';
import { Money } from '~/ui/Money';
import { Progress } from '~/ui/Progress';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './CoursePage.module.css';
import { type CoursePage, courseQuery } from './queries';

const paid = (course: CoursePage) => course.price !== null && course.price.amount > 0;

/** Whether this person may go on learning here already. */
function useEnrolled(course: CoursePage) {
  const row = useLearningRow(course.id);
  return { row, enrolled: row !== undefined };
}

export function useEnroll(course: CoursePage) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { t } = useTranslation('courses');
  return useMutation({
    mutationFn: () => body(api.POST('/courses/{id}/enroll', { params: { path: { id: course.id } } })),
    onSuccess: async () => {
      toast({ text: t('course.enrolled') });
      await Promise.all([
        client.invalidateQueries({ queryKey: myLearningQuery.queryKey }),
        client.invalidateQueries({ queryKey: courseQuery(course.id).queryKey }),
      ]);
      void navigate({ to: '/learn/$courseId', params: { courseId: course.id } });
    },
  });
}

type Props = { course: CoursePage; enroll: ReturnType<typeof useEnroll> };

export function PriceCard({ course, enroll, className }: Props & { className: string }) {
  const { t } = useTranslation('courses');
  const errorText = useErrorText();
  const { row, enrolled } = useEnrolled(course);
  return (
    <aside className={`card ${css.card} ${className}`}>
      {enrolled || course.viewer.own ? (
        <b>{t(course.viewer.own ? 'course.own' : 'course.enrolled')}</b>
      ) : (
        <div className="row wrap">
          {paid(course) && course.price ? (
            <>
              <Money value={course.price} className={css.price} />
              {course.old_price && <Money value={course.old_price} struck />}
            </>
          ) : (
            <b className={css.price}>{t('course.free')}</b>
          )}
        </div>
      )}
      {row && (
        <div className="row" style={{ marginBlockStart: 12 }}>
          <Progress percent={row.percent} />
        </div>
      )}
      <Step course={course} enroll={enroll} className={css.enroll ?? ''} />
      {!enrolled && !course.viewer.own && !paid(course) && (
        <p className={`meta mut ${css.freeNote}`}>{t('course.freeNote')}</p>
      )}
      {course.viewer.own && !enrolled && <p className="meta mut">{t('course.ownText')}</p>}
      {enroll.isError && (
        <div className={`${css.box} ${css.bad}`} role="alert">
          <IconAlertTriangle size={20} stroke={1.75} aria-hidden />
          <span>{errorText(enroll.error)}</span>
        </div>
      )}
      {!enrolled && !course.viewer.own && paid(course) && (
        <div className={css.box}>
          <IconInfoCircle size={20} stroke={1.75} aria-hidden />
          <span>
            <b>{t('course.paySoon')}</b>
            <br />
            {t('course.paySoonText')}
          </span>
        </div>
      )}
      <Includes course={course} />
      <div className={css.share}>
        <Share course={course} />
      </div>
    </aside>
  );
}

/** The one filled button of the page, or nothing where there is no step to take yet. */
function Step({ course, enroll, className }: Props & { className: string }) {
  const { t } = useTranslation('courses');
  const { state } = useSession();
  const { enrolled } = useEnrolled(course);
  if (enrolled) {
    return (
      <LinkButton
        to="/learn/$courseId"
        params={{ courseId: course.id }}
        size="lg"
        fullWidth
        className={className}
      >
        {t('course.continue')}
      </LinkButton>
    );
  }
  if (course.viewer.own || paid(course)) return null;
  if (state === 'guest') {
    return (
      <LinkButton
        to="/sign-in"
        search={{ next: `/courses/${course.id}` }}
        size="lg"
        fullWidth
        className={className}
      >
        {t('course.enrollGuest')}
      </LinkButton>
    );
  }
  return (
    <Button
      size="lg"
      fullWidth
      className={className}
      disabled={state === 'restoring'}
      aria-busy={enroll.isPending}
      onClick={() => {
        // A second click while the first is on its way does nothing; the server takes a repeat as the same anyway.
        if (!enroll.isPending) enroll.mutate();
      }}
    >
      {t(enroll.isPending ? 'course.enrolling' : 'course.enroll')}
    </Button>
  );
}

/** The bar at the bottom of phones: price and step, always in reach. */
export function BuyBar({ course, enroll }: Props) {
  const { t } = useTranslation('courses');
  const errorText = useErrorText();
  const { row, enrolled } = useEnrolled(course);
  return (
    <div className={css.bar} data-bar="step">
      {enroll.isError && <p className={css.barError}>{errorText(enroll.error)}</p>}
      {enrolled ? (
        row && <Progress percent={row.percent} />
      ) : (
        <div className="grow">
          {paid(course) && course.price ? (
            <Money value={course.price} className={css.sum} />
          ) : (
            <b className={css.sum}>{t('course.free')}</b>
          )}
          {paid(course) && <div className="micro mut">{t('course.paySoon')}</div>}
        </div>
      )}
      <div>
        <Step course={course} enroll={enroll} className="" />
      </div>
    </div>
  );
}

function Includes({ course }: { course: CoursePage }) {
  const { t } = useTranslation(['courses', 'common']);
  const format = useFormat();
  const icon = { size: 20, stroke: 1.75, 'aria-hidden': true } as const;
  const lessons = t('common:count.lessons', { count: course.lessons, value: format.number(course.lessons) });
  return (
    <ul className={css.includes}>
      <li>
        <IconClock {...icon} />
        {course.hours_s > 0
          ? t('courses:course.videoOf', { span: format.span(course.hours_s), lessons })
          : lessons}
      </li>
      {course.has_files && (
        <li>
          <IconDownload {...icon} />
          {t('courses:course.files')}
        </li>
      )}
      <li>
        <IconInfinity {...icon} />
        {course.access_days === null
          ? t('courses:course.forever')
          : t('courses:course.accessDays', {
              count: course.access_days,
              value: format.number(course.access_days),
            })}
      </li>
      {course.certificate && (
        <li>
          <IconCertificate {...icon} />
          {t('courses:course.certificate')}
        </li>
      )}
    </ul>
  );
}

function Share({ course }: { course: CoursePage }) {
  const { t } = useTranslation('courses');
  const share = async () => {
    const url = `${location.origin}/courses/${course.id}`;
    try {
      if (navigator.share) await navigator.share({ title: course.title, url });
      else {
        await navigator.clipboard.writeText(url);
        toast({ text: t('course.copied') });
      }
    } catch {
      // The visitor closed the share sheet, or the clipboard is forbidden: the address bar holds the same link.
    }
  };
  return (
    <button type="button" className="link small row" onClick={() => void share()}>
      <IconShare size={18} stroke={1.75} aria-hidden />
      {t('course.share')}
    </button>
  );
}
