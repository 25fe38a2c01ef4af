// `/studio/courses/<course>/viewings/<lesson>`: how a video is watched: where people leave, how fast it starts, where it stalls.
import { Skeleton } from '@mantine/core';
import { IconChartLine } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { Failed, SignInFirst, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { studioCourseQuery } from './queries';
import { curve, paths, rows, steepest } from './retention';
import css from './ViewingsPage.module.css';
import { type Viewings, viewingsQuery } from './videoCalls';

const route = getRouteApi('/studio/courses/$courseId/viewings/$lessonId');

export function ViewingsPage() {
  const { t } = useTranslation('studio');
  const { courseId, lessonId } = route.useParams();
  const { state } = useSession();
  const course = useQuery({ ...studioCourseQuery(courseId), enabled: state === 'user' });
  const lesson = course.data?.modules
    .flatMap((module) => module.lessons)
    .find((item) => item.id === lessonId);
  const video = lesson?.video?.id;
  const viewings = useQuery({ ...viewingsQuery(video ?? ''), enabled: video !== undefined });
  useTitle(t('viewings.title'));
  if (state === 'guest') return <SignInFirst page />;
  const failed = [course, viewings].find((query) => query.isError && !query.data);
  if (failed) return <Failed page error={failed.error} retry={() => void failed.refetch()} />;
  return (
    <div className={`page ${css.page}`}>
      <div>
        <p className="small mut">
          <Link
            to="/studio/courses/$courseId"
            params={{ courseId }}
            search={lesson ? { lesson: lesson.id } : {}}
          >
            <bdi>{course.data?.title ?? t('title')}</bdi>
          </Link>
        </p>
        <h1 className="work">
          {t('viewings.title')}
          {lesson && (
            <>
              {': '}
              <bdi>{lesson.title}</bdi>
            </>
          )}
        </h1>
      </div>
      {course.data && !video ? (
        <State icon={<IconChartLine size={28} stroke={1.5} />} title={t('viewings.noVideo')} />
      ) : (
        <Waiting
          pending={!viewings.data}
          skeleton={<Skeleton height={320} radius="md" />}
          label={t('viewings.loading')}
        >
          {viewings.data &&
            (viewings.data.viewings === 0 ? (
              <State icon={<IconChartLine size={28} stroke={1.5} />} title={t('viewings.none')}>
                {t('viewings.noneText')}
              </State>
            ) : (
              <Shown viewings={viewings.data} />
            ))}
        </Waiting>
      )}
    </div>
  );
}

const WIDTH = 720;
const HEIGHT = 200;
const ROWS = 24;

function Shown({ viewings }: { viewings: Viewings }) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const points = curve(viewings.retention);
  const { line, area } = paths(points, WIDTH, HEIGHT);
  const fall = steepest(points);
  const end = points.at(-1);
  const seconds = (ms: number | null) =>
    ms === null ? t('viewings.unknown') : t('viewings.seconds', { value: format.number(ms / 1000) });
  const figures: [string, string, string?][] = [
    [
      t('viewings.viewings'),
      format.number(viewings.viewings),
      t('viewings.viewers', { count: viewings.viewers, value: format.number(viewings.viewers) }),
    ],
    [t('viewings.watched'), format.span(viewings.watch_s)],
    [t('viewings.average'), format.percent(viewings.average_percent), t('viewings.averageHelp')],
    [t('viewings.completion'), format.percent(viewings.completion_percent), t('viewings.completionHelp')],
    [
      t('viewings.start'),
      seconds(viewings.start_ms_p50),
      t('viewings.slow', { value: seconds(viewings.start_ms_p95) }),
    ],
    [
      t('viewings.stalls'),
      t('viewings.perHour', {
        value: format.number(viewings.stalls_per_hour, viewings.stalls_per_hour < 10 ? 1 : 0),
      }),
      t('viewings.stallPart', { percent: format.share(viewings.stall_percent) }),
    ],
  ];
  const said = [
    end ? t('viewings.stay', { percent: format.percent(end.percent) }) : '',
    fall
      ? t('viewings.fall', { at: format.clock(fall.at), percent: format.percent(fall.lost) })
      : t('viewings.noFall'),
  ].join(' ');
  return (
    <>
      <dl className={css.figures}>
        {figures.map(([name, value, more]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">
              <bdi>{value}</bdi>
            </dd>
            {more && <dd className="meta mut">{more}</dd>}
          </div>
        ))}
      </dl>
      <section>
        <h2>{t('viewings.curve')}</h2>
        <p className="small mut">{said}</p>
        {points.length > 1 && (
          <figure className={css.chart}>
            <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said} preserveAspectRatio="none">
              {[0, 0.25, 0.5, 0.75, 1].map((part) => (
                <line
                  key={part}
                  x1={0}
                  x2={WIDTH}
                  y1={part * HEIGHT}
                  y2={part * HEIGHT}
                  className={css.grid}
                />
              ))}
              <path d={area} className={css.area} />
              <path d={line} className={css.curve} />
            </svg>
            <div className={css.axis} aria-hidden>
              {[0, 0.25, 0.5, 0.75, 1].map((part) => (
                <bdi key={part}>{format.clock(part * (end?.at ?? 0))}</bdi>
              ))}
            </div>
          </figure>
        )}
        <details className={css.table}>
          <summary>{t('viewings.asTable')}</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('viewings.moment')}</th>
                <th scope="col">{t('viewings.still')}</th>
              </tr>
            </thead>
            <tbody>
              {rows(points, ROWS).map((point) => (
                <tr key={point.at}>
                  <th scope="row">
                    <bdi>{format.clock(point.at)}</bdi>
                  </th>
                  <td className="num">{format.percent(point.percent)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </section>
      {viewings.rungs.length > 0 && (
        <section>
          <h2>{t('viewings.rungs')}</h2>
          <ul className={css.rungs}>
            {viewings.rungs.map((rung) => (
              <li key={rung.name}>
                <bdi>{rung.name === 'audio' ? t('viewings.sound') : rung.name}</bdi>
                <span className={css.bar} aria-hidden>
                  <i style={{ width: `${Math.max(0, Math.min(100, rung.percent))}%` }} />
                </span>
                <span className="num">{format.percent(rung.percent)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
