// The player of one lesson: what it plays, whom it reports to, what comes before and after, and the lesson that is warmed.
import { useNavigate } from '@tanstack/react-router';
import { lazy, type RefObject, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { callText } from '~/api/call';
import { api, body, type Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';
import { Cover } from '~/features/courses/Cover';
import type { Engine } from '~/features/video/engine';
import type { PlayerProps } from '~/features/video/Player';
import { useEngine } from '~/features/video/useEngine';
import { titleOf } from './courseMap';
import css from './LessonPage.module.css';
import { followProgress } from './progress';
import { lessonQuery } from './queries';
import { nearEnd } from './warm';

const Player = lazy(() => import('~/features/video/Player').then((file) => ({ default: file.Player })));

type Lesson = Schemas['LessonPage'];
type Course = Schemas['LearnCourse'];

/** The lesson that somebody has just asked for by "next": its video begins without another click. */
let asked: string | undefined;

/** The playback session that this page had last: the next one takes its place, so that both are one stream. */
let session: string | undefined;

async function play(id: string) {
  const query = session ? { replaces: session } : {};
  const granted = await body(api.POST('/lessons/{id}/play', { params: { path: { id }, query } }));
  session = granted.session;
  return granted;
}

type VideoProps = {
  lesson: Lesson;
  /** Seconds. */
  length: number;
  /** Where it is to begin, seconds; else where this person stopped. */
  at: number | undefined;
  course: Course;
  engine: Engine | undefined;
  /** Gives the engine to the room, and takes it away at the end. */
  setEngine: (engine: Engine | undefined) => void;
  screen: RefObject<HTMLDivElement | null>;
  setLost: (lost: boolean) => void;
  mini: PlayerProps['mini'];
  transcript: (() => void) | undefined;
  report: PlayerProps['report'];
};

export function LessonVideo(props: VideoProps) {
  const { lesson, length, course, engine, setEngine, screen, setLost } = props;
  const navigate = useNavigate();
  const [autoStart] = useState(() => {
    const yes = asked === lesson.id;
    asked = undefined;
    return yes;
  });
  // Of the first answer: a later one of the same lesson must not begin the player anew.
  const [captions] = useState(() => lesson.video?.captions ?? []);
  const grant = useCallback(() => play(lesson.id), [lesson.id]);
  const follow = useCallback(
    (started: Engine) => {
      setEngine(started);
      started.captions.offer(captions, (language) =>
        callText('GET', `/learn/lessons/${lesson.id}/captions/${encodeURIComponent(language)}`),
      );
      const stop = followProgress(started, lesson.course_id, lesson.id, {
        reported: () => undefined,
        lost: setLost,
      });
      return () => {
        stop();
        setEngine(undefined);
        setLost(false);
      };
    },
    [lesson.course_id, lesson.id, captions, setEngine, setLost],
  );
  const nextId = lesson.next_id;
  const previousId = lesson.previous_id;
  const go = useCallback(
    (to: string) => {
      asked = to;
      void navigate({
        to: '/learn/$courseId/$lessonId',
        params: { courseId: lesson.course_id, lessonId: to },
      });
    },
    [navigate, lesson.course_id],
  );
  const near = useEngine(engine, ({ time, duration }) => nearEnd(time, duration)) === true;
  useEffect(() => {
    if (!near || !nextId) return;
    // Never a second stream: only what the page of the next lesson shows before play is pressed.
    void queryClient.fetchQuery({ ...lessonQuery(nextId), retry: false }).then(
      ({ video }) => {
        if (video?.poster_url) new Image().src = video.poster_url;
      },
      () => undefined,
    );
  }, [near, nextId]);
  const nextTitle = nextId ? titleOf(course, nextId) : undefined;
  const next = useMemo(
    () => (nextTitle === undefined || !nextId ? undefined : { title: nextTitle, go: () => go(nextId) }),
    [nextTitle, nextId, go],
  );
  const previous = useMemo(() => (previousId ? () => go(previousId) : undefined), [previousId, go]);
  return (
    <Suspense fallback={<div className={css.stage} />}>
      <Player
        title={lesson.title}
        grant={grant}
        duration={length}
        from={props.at ?? lesson.position_s}
        {...(props.at === undefined ? {} : { at: props.at })}
        poster={
          lesson.video?.poster_url ? (
            <img src={lesson.video.poster_url} alt="" />
          ) : (
            course.course.cover && <Cover id={course.course.id} cover={course.course.cover} sizes="100vw" />
          )
        }
        autoStart={autoStart}
        pageKeys
        follow={follow}
        screen={screen}
        next={next}
        previous={previous}
        mini={props.mini}
        transcript={props.transcript}
        report={props.report}
      />
    </Suspense>
  );
}
