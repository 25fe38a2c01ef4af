// A playback as the player needs it, with what the newest servers add to it.
import type { Schemas } from '~/api/client';
import type { Chapter } from './chapters';
import type { Storyboard } from './storyboard';

export type CaptionTrack = { language: string; label: string; url: string };

/** `position_s`: where this person stopped, if the server knows. */
export type Playback = Schemas['Playback'] & {
  position_s?: number;
  kind?: 'video' | 'listening';
  captions?: CaptionTrack[];
  chapters?: Chapter[];
  storyboard?: Storyboard | null;
};
