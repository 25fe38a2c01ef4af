// A playback as the player needs it.
import type { Schemas } from '~/api/client';

export type CaptionTrack = Schemas['CaptionsTrack'];

/** `position_s`: where this person stopped, if the server knows. */
export type Playback = Schemas['Playback'] & { position_s?: number };
