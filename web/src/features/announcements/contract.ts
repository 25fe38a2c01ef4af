// Announcements as the server says them.

export type Announcement = {
  id: string;
  room_id: string;
  /** Its number in the room; reading it is marking that there. */
  seq: number;
  /** Null: to the whole school. */
  course: { id: string; title: string } | null;
  author_name: string;
  body: string;
  at: string;
  read: boolean;
};

export type NewAnnouncement = { course_id: string | null; body: string; client_id: string };

/** The server takes this many characters. */
export const LONGEST = 4000;
