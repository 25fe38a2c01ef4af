// What the rows of a thread may do and need to know, without being drawn again when anything else changes.
import { createContext, useContext } from 'react';
import type { Unsent } from '~/live/outbox';
import type { ChatFile, ChatMessage, Quote } from '~/live/protocol';

/** The lesson that is on the page: links to its moments lead into its player. */
export type ChatLesson = {
  lessonId: string;
  /** Where the video stands, for a link to the moment. Absent for a lesson without a video. */
  second?: (() => number) | undefined;
  goTo?: ((second: number) => void) | undefined;
};

export type Thread = {
  user: string;
  room: string;
  /** Of the room; other lessons of it can be linked to. */
  course: string | undefined;
  lesson: ChatLesson | undefined;
  /** Opens what can be done with a message, beside an element. */
  menu: (message: ChatMessage, at: Element) => void;
  react: (message: ChatMessage, emoji: string, on: boolean) => void;
  /** Shows a message that something points at. */
  find: (quote: Quote) => void;
  /** Shows an image of a message in full. */
  view: (files: readonly ChatFile[], file: ChatFile) => void;
  /** Whether it was taken. */
  save: (message: ChatMessage, text: string, mentions: readonly string[]) => Promise<boolean>;
  stopEditing: () => void;
  /** Takes a message that was not sent back into the field. Absent where nothing can be written. */
  rewrite?: ((item: Unsent) => void) | undefined;
};

const nothing = () => undefined;

export const ThreadContext = createContext<Thread>({
  user: '',
  room: '',
  course: undefined,
  lesson: undefined,
  menu: nothing,
  react: nothing,
  find: nothing,
  view: nothing,
  save: async () => false,
  stopEditing: nothing,
});

export const useThread = (): Thread => useContext(ThreadContext);

/** What can be answered with one touch. */
export const quickEmojis = ['👍', '❤️', '🎉', '😂', '🤔', '👀'] as const;
