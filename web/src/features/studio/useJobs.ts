// Follows the videos of a course while they are made: over the socket, and by asking now and then where there is none.
import { useEffect, useMemo } from 'react';
import { api, body } from '~/api/client';
import { onUploadChange } from '~/features/video/uploads/manager';
import { live } from '~/live';
import { refreshCourse, type StudioCourse, showVideo, type VideoView } from './queries';

const POLL = 5_000;

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
    const leaves = ids.map((video) =>
      live.topic(`job:${video}`, {
        join: () => ({}),
        joined: () => undefined,
        frame: (frame) => {
          if (frame.t === 'job' && frame.video) take(frame.video as VideoView);
        },
        refused: () => undefined,
        lost: () => undefined,
      }),
    );
    const timer = setInterval(() => {
      if (live.state() === 'online' || document.visibilityState === 'hidden') return;
      for (const video of ids) {
        body(api.GET('/videos/{id}', { params: { path: { id: video } } })).then(take, () => undefined);
      }
    }, POLL);
    return () => {
      clearInterval(timer);
      for (const leave of leaves) leave();
    };
  }, [open, id]);

  useEffect(
    () =>
      onUploadChange((changed) => {
        if (changed === id) void refreshCourse(id);
      }),
    [id],
  );
}
