// Follows a playback and reports what was really watched: every ten seconds, on pause, on a jump, on leaving.
import { api, apiBase, body, type Schemas, session } from '~/api/client';
import { queryClient } from '~/app/queries';
import type { Engine } from '~/features/video/engine';
import { giveBack, type Interval, nothingWatched, takeWatched, watched } from '~/features/video/watch';
import { learnCourseQuery, lessonQuery, myLearningQuery } from './queries';

const EVERY = 10_000;
/** Not more often than this, however much somebody jumps about. */
const PAUSE = 2_000;

type Ears = { reported: (progress: Schemas['Progress']) => void; lost: (lost: boolean) => void };

/** Starts to follow; the returned function reports the rest and stops. */
export function followProgress(engine: Engine, courseId: string, lessonId: string, ears: Ears): () => void {
  let watch = nothingWatched;
  let reportedAt = 0;
  let reportedPosition = -1;
  let busy = false;
  /** Where it stood last: a player that is being taken down says 0. */
  let position = 0;
  const element = engine.element();
  if (!element) return () => undefined;

  const step = () => {
    if (engine.view().stage !== 'ready' || element.readyState === 0) return;
    position = element.currentTime;
    const playing = !element.paused && !element.seeking && !element.ended && element.readyState > 2;
    watch = watched(watch, {
      position,
      rate: element.playbackRate,
      playing,
      now: performance.now(),
    });
  };

  async function report() {
    if (engine.view().stage !== 'ready') return;
    const { intervals, rest } = takeWatched(watch);
    const place = position;
    const moved = Math.abs(place - reportedPosition) > 0.5;
    if (busy || (intervals.length === 0 && !moved)) return;
    watch = rest;
    busy = true;
    reportedAt = performance.now();
    try {
      const progress = await body(
        api.POST('/learn/lessons/{id}/progress', {
          params: { path: { id: lessonId } },
          body: reportOf(place, intervals),
        }),
      );
      reportedPosition = place;
      remember(courseId, lessonId, progress, place);
      ears.reported(progress);
      ears.lost(false);
    } catch {
      watch = giveBack(watch, intervals);
      ears.lost(true);
    } finally {
      busy = false;
    }
  }

  /** The page goes: a request that outlives it, without the detours of the client. */
  function last() {
    step();
    const { intervals, rest } = takeWatched(watch);
    if (intervals.length === 0 && (position === 0 || Math.abs(position - reportedPosition) <= 0.5)) return;
    const place = position;
    watch = rest;
    reportedPosition = place;
    // A page that was only hidden lives on: what did not arrive is reported with the next.
    void sendLast(lessonId, reportOf(place, intervals)).then(
      (progress) => remember(courseId, lessonId, progress, place),
      () => {
        watch = giveBack(watch, intervals);
        if (reportedPosition === place) reportedPosition = -1;
      },
    );
  }

  const soon = () => {
    step();
    if (performance.now() - reportedAt >= PAUSE) void report();
  };
  const hidden = () => {
    if (document.visibilityState === 'hidden') last();
  };
  const timer = setInterval(() => {
    step();
    void report();
  }, EVERY);
  const steps = ['timeupdate', 'playing', 'waiting', 'ratechange', 'seeking'];
  const ends = ['pause', 'seeked', 'ended'];
  for (const name of steps) element.addEventListener(name, step);
  for (const name of ends) element.addEventListener(name, soon);
  addEventListener('pagehide', last);
  document.addEventListener('visibilitychange', hidden);
  return () => {
    last();
    clearInterval(timer);
    for (const name of steps) element.removeEventListener(name, step);
    for (const name of ends) element.removeEventListener(name, soon);
    removeEventListener('pagehide', last);
    document.removeEventListener('visibilitychange', hidden);
  };
}

/** Reports in a request that outlives the page. Rejects unless the server has taken it. */
async function sendLast(lessonId: string, report: ReturnType<typeof reportOf>): Promise<Schemas['Progress']> {
  const token = await session.current();
  if (!token) throw new Error('nobody is signed in');
  const response = await fetch(`${apiBase}/learn/lessons/${lessonId}/progress`, {
    method: 'POST',
    keepalive: true,
    headers: {
      'content-type': 'application/json',
      'x-ilm-request': '1',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(report),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return (await response.json()) as Schemas['Progress'];
}

const thousandth = (seconds: number) => Math.round(seconds * 1000) / 1000;

const reportOf = (position: number, intervals: readonly Interval[]) => ({
  position_s: thousandth(position),
  watched: intervals.map(([from, to]) => [thousandth(from), thousandth(to)]),
});

/** Puts the answer into what the page shows, without asking again. */
export function remember(
  courseId: string,
  lessonId: string,
  progress: Schemas['Progress'],
  position?: number,
): void {
  const { percent, mark, course_percent } = progress;
  queryClient.setQueryData(lessonQuery(lessonId).queryKey, (old) =>
    old ? { ...old, percent, mark, ...(position === undefined ? {} : { position_s: position }) } : old,
  );
  let newlyDone = false;
  queryClient.setQueryData(learnCourseQuery(courseId).queryKey, (old) => {
    if (!old) return old;
    const modules = old.modules.map((module) => ({
      ...module,
      lessons: module.lessons.map((lesson) => {
        if (lesson.id !== lessonId) return lesson;
        newlyDone ||= mark === 'done' && lesson.mark !== 'done';
        return { ...lesson, percent, mark };
      }),
    }));
    const done = modules
      .flatMap((module) => module.lessons)
      .filter((lesson) => lesson.mark === 'done').length;
    return { ...old, percent: course_percent, lessons_done: done, continue_lesson_id: lessonId, modules };
  });
  void queryClient.invalidateQueries({ queryKey: myLearningQuery.queryKey, refetchType: 'none' });
  if (newlyDone) void queryClient.invalidateQueries({ queryKey: learnCourseQuery(courseId).queryKey });
}
