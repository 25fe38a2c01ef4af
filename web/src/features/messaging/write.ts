// From a room of a course to the talk of a student with its author alone (MSG-03).
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { api, body } from '~/api/client';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';

/** What the room says about who talks in it. */
export type Talk = { course: string | undefined; kind: string; role: string };

/** The author writes to students, a student to the author; in their own talk there is nothing to begin. */
export const mayWriteTo = ({ course, kind, role }: Talk, other: string): boolean =>
  course !== undefined &&
  kind !== 'pair' &&
  ((role === 'author' && other === 'student') || (role === 'student' && other === 'author'));

/** Opens the talk with this person, which begins with the first time. */
export function useWriteTo({ course, role }: Pick<Talk, 'course' | 'role'>): (user: string) => void {
  const navigate = useNavigate();
  const errorText = useErrorText();
  return useCallback(
    (user) => {
      if (course === undefined) return;
      void body(
        api.POST('/courses/{id}/pair', {
          params: { path: { id: course } },
          body: role === 'author' ? { student_id: user } : {},
        }),
      ).then(
        ({ room_id }) => navigate({ to: '/messages/$roomId', params: { roomId: room_id } }),
        (error) => toast({ text: errorText(error) }),
      );
    },
    [course, role, navigate, errorText],
  );
}
