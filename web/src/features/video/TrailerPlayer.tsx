// The free trailer of a course, and the free preview of a lesson: plays at one click, for strangers too.
import { type ReactNode, useCallback } from 'react';
import { api, body } from '~/api/client';
import { Player } from './Player';

type Trailer = { courseId: string; title: string; duration: number; poster: ReactNode };

export function TrailerPlayer({ courseId, title, duration, poster }: Trailer) {
  const grant = useCallback(
    () => body(api.POST('/courses/{id}/trailer/play', { params: { path: { id: courseId } } })),
    [courseId],
  );
  return <Player title={title} grant={grant} duration={duration} poster={poster} />;
}

/** A lesson that may be tried before enrollment; starts at once, since the visitor has just asked for it. */
export function PreviewPlayer({ lessonId, title }: { lessonId: string; title: string }) {
  const grant = useCallback(
    () => body(api.POST('/lessons/{id}/play', { params: { path: { id: lessonId } } })),
    [lessonId],
  );
  return <Player title={title} grant={grant} autoStart />;
}
