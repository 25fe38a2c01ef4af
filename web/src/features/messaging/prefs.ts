// Habits of one person in this browser: which key sends, and what is half written in which room.

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

const draftKey = (user: string, room: string) => `ilm.draft.${user}.${room}`;

export function readDraft(user: string, room: string): string {
  try {
    return localStorage.getItem(draftKey(user, room)) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(user: string, room: string, text: string): void {
  try {
    if (text) localStorage.setItem(draftKey(user, room), text);
    else localStorage.removeItem(draftKey(user, room));
  } catch {
    // Without storage the draft lives as long as the page.
  }
}
