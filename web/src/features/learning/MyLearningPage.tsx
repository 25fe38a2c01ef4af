// The courses of a student: where each stands, and the one way on.
import { IconSchool } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { NewsBanner } from '~/features/announcements/NewsBanner';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { Cover } from '~/features/courses/Cover';
import { CourseTalk } from '~/features/forum/CourseTalk';
import { useSession } from '~/features/identity/session';
import { LinkButton } from '~/ui/LinkButton';
import { Progress } from '~/ui/Progress';
import { Failed, SignInFirst, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import css from './MyLearningPage.module.css';
import { type LearningRow, useMyLearning } from './queries';

export function MyLearningPage() {
  const { t } = useTranslation('learning');
  useTitle(t('title'));
  const { state } = useSession();
  const mine = useMyLearning();
  if (state === 'guest') return <SignInFirst page />;
  return (
    <div className={`page ${css.page}`}>
      <h1 className="work">{t('title')}</h1>
      <div className={css.news}>
        <NewsBanner />
      </div>
      {mine.isError && !mine.data ? (
        <Failed error={mine.error} retry={() => void mine.refetch()} />
      ) : (
        <Waiting pending={mine.isPending} skeleton={<Skeletons />}>
          {mine.data?.items.length === 0 ? (
            <State
              icon={<IconSchool size={28} stroke={1.5} />}
              title={t('empty')}
              action={
                <LinkButton to="/catalogue" search={{ free: true }}>
                  {t('toFree')}
                </LinkButton>
              }
            >
              {t('emptyText')}
            </State>
          ) : (
            <ul className={css.list}>
              {mine.data?.items.map((row, index) => (
                <Row key={row.enrollment.id} row={row} first={index === 0} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
    </div>
  );
}

/** Only the first row has the filled button: one next step at a time. */
function Row({ row, first }: { row: LearningRow; first: boolean }) {
  const { t } = useTranslation('learning');
  const format = useFormat();
  const verb =
    row.percent >= 100 ? 'again' : row.percent > 0 || row.continue?.position_s ? 'continue' : 'start';
  const target = row.continue
    ? ({
        to: '/learn/$courseId/$lessonId',
        params: { courseId: row.course.id, lessonId: row.continue.lesson_id },
      } as const)
    : ({ to: '/learn/$courseId', params: { courseId: row.course.id } } as const);
  return (
    <li className={css.row}>
      <Cover id={row.course.id} cover={row.course.cover} sizes="176px" />
      <div className={css.text}>
        <h2 className={`two-lines ${css.title}`}>
          <Link to="/courses/$courseId" params={{ courseId: row.course.id }}>
            <CourseTitle course={row.course} />
          </Link>
        </h2>
        <p className="meta mut clip">
          <bdi>{row.course.author.name}</bdi>&nbsp;·{' '}
          {t('lessons', {
            count: row.lessons,
            done: format.number(row.lessons_done),
            all: format.number(row.lessons),
          })}
        </p>
        <div className={css.progress}>
          <Progress percent={row.percent} />
        </div>
        {row.continue && row.percent < 100 && (
          <p className="meta mut clip">
            <bdi>{t('next', { lesson: row.continue.title })}</bdi>
          </p>
        )}
        <CourseTalk courseId={row.course.id} author={row.course.author.id} />
        {row.enrollment.expires_at && (
          <p className="meta mut">{t('until', { date: format.date(row.enrollment.expires_at) })}</p>
        )}
      </div>
      <LinkButton
        {...target}
        variant={first && verb !== 'again' ? 'filled' : 'default'}
        className={css.go ?? ''}
      >
        {t(verb)}
      </LinkButton>
    </li>
  );
}

function Skeletons() {
  return (
    <ul className={css.list} aria-hidden>
      {[1, 2, 3].map((number) => (
        <li key={number} className={`${css.row} ${css.skeleton}`} />
      ))}
    </ul>
  );
}
