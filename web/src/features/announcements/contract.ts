// Announcements as the server says them.
import type { Schemas } from '~/api/client';

/** `seq`: its number in the room; reading it is marking that there. Without a course: to the whole school. */
export type Announcement = Schemas['Announcement'];
export type NewAnnouncement = Schemas['NewAnnouncement'];

/** The server takes this many characters. */
export const LONGEST = 4000;
