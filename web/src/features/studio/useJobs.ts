// Follows the videos of a course while they are made: over the socket, by asking after each (re)connection for what it
// missed, and by asking now and then, since news may be lost.
import { useEffect, useMemo } from 'react';
import { api, body } from '~/api/client';
import { onUploadChange } from '~/features/video/uploads/manager';
import { live } from '~/live';
import { refreshCourse, type StudioCourse, showVideo, type VideoView } from './queries';

/** Between two questions while there is no socket, milliseconds. */
const POLL = 5_000;
/** With one, only each so manieth is asked. */
const SELDOM = 6;

/** Questions, two seconds apart. */
const MARKED_WITHIN = 15;

const isOpen = (video: VideoView | null): video is VideoView =>
  video !== null && ['uploading', 'queued', 'probing', 'transcoding'].includes(video.state);

export function useJobs(course: StudioCourse): void {
  const { id } = course;
  const videos = useMemo(
    () => [
      course.trailer,
      ...course.modules.flatMap((module) => module.lessons.map((lesson) => lesson.video)),
    ],
    [course],
  );
  // A string, so that news of a video does not subscribe anew.
  const open = videos
    .filter(isOpen)
    .map((video) => video.id)
    .sort()
    .join(' ');

  useEffect(() => {
    const ids = open.split(' ').filter(Boolean);
    const take = (video: VideoView) => {
      showVideo(id, video);
      // Length, state and what is missing for publishing follow from it.
      if (!isOpen(video)) void refreshCourse(id);
    };
    const ask = (video: string) =>
      void body(api.GET('/videos/{id}', { params: { path: { id: video } } })).then(take, () => undefined);
    const leaves = ids.map((video) =>
      live.topic(`job:${video}`, {
        join: () => ({}),
        joined: () => ask(video),
        frame: (frame) => {
          if (frame.t === 'job' && frame.video) take(frame.video as VideoView);
        },
        refused: () => undefined,
        lost: () => undefined,
      }),
    );
    let turn = 0;
    const timer = setInterval(() => {
      turn += 1;
      if (document.visibilityState === 'hidden') return;
      if (live.state() === 'online' && turn % SELDOM !== 0) return;
      for (const video of ids) ask(video);
    }, POLL);
    return () => {
      clearInterval(timer);
      for (const leave of leaves) leave();
    };
  }, [open, id]);

  // A lesson is marked by a job of its own, soon after its video is ready, and nobody is told of that.
  const behind = course.modules
    .flatMap((module) => module.lessons)
    .filter((lesson) => lesson.video?.state === 'ready' && lesson.state !== 'done')
    .map((lesson) => lesson.id)
    .join(' ');
  useEffect(() => {
    if (!behind) return;
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
      if (turns > MARKED_WITHIN) clearInterval(timer);
      else void refreshCourse(id);
    }, 2_000);
    return () => clearInterval(timer);
  }, [behind, id]);

  useEffect(
    () =>
      onUploadChange((changed) => {
        if (changed === id) void refreshCourse(id);
      }),
    [id],
  );
}
