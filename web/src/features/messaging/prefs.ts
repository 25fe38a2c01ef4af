// Habits of one person in this browser: which key sends, and what is half written in which room.
import type { Quote } from '~/live/protocol';
import type { Person } from './marks';

const ENTER = 'ilm.chat.enter';

/** Whether Enter sends; else Ctrl + Enter (⌘ + Enter) does. */
export function enterSends(): boolean {
  try {
    return localStorage.getItem(ENTER) !== 'line';
  } catch {
    return true;
  }
}

export function setEnterSends(sends: boolean): void {
  try {
    if (sends) localStorage.removeItem(ENTER);
    else localStorage.setItem(ENTER, 'line');
  } catch {
    // Without storage the habit lasts as long as the page.
  }
}

type Key = {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
};

/**
 * Whether a key press sends. Enter that ends a word of an input method belongs to it; on a touch screen there is a button,
 * and Enter is the only way to a new line.
 */
export function sends(event: Key, enter: boolean, touch: boolean): boolean {
  if (event.key !== 'Enter' || event.isComposing) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return enter && !touch && !event.shiftKey;
}

/** What is half written: the words, and what they are about. */
export type Draft = {
  text: string;
  /** The second of the video. */
  at?: number | undefined;
  reply?: Quote | undefined;
  /** Who was chosen after an @. */
  people?: readonly Person[] | undefined;
};

const draftKey = (user: string, room: string) => `ilm.draft.${user}.${room}`;

export function readDraft(user: string, room: string): Draft {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(draftKey(user, room));
    const draft: unknown = kept ? JSON.parse(kept) : undefined;
    if (typeof draft === 'object' && draft !== null && 'text' in draft && typeof draft.text === 'string') {
      return draft as Draft;
    }
  } catch {
    // No storage, or words that an earlier version kept as they were.
  }
  return { text: kept ?? '' };
}

export function keepDraft(user: string, room: string, draft: Draft): void {
  try {
    if (draft.text.trim()) localStorage.setItem(draftKey(user, room), JSON.stringify(draft));
    else localStorage.removeItem(draftKey(user, room));
  } catch {
    // Without storage the draft lives as long as the page.
  }
}
