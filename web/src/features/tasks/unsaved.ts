// What was typed and has not reached the server: kept in this browser, for one person and one task, until it has.
import type { Answer } from './contract';

export type Unsaved = { answer: Answer; at: number };

const key = (user: string, task: string) => `ilm.answer.${user}.${task}`;

export function readUnsaved(user: string, task: string): Unsaved | undefined {
  try {
    const found = JSON.parse(localStorage.getItem(key(user, task)) ?? 'null') as Partial<Unsaved> | null;
    if (typeof found?.at !== 'number' || found.answer === undefined || found.answer === null)
      return undefined;
    return { answer: found.answer, at: found.at };
  } catch {
    return undefined;
  }
}

export function keepUnsaved(user: string, task: string, answer: Answer, at = Date.now()): void {
  try {
    localStorage.setItem(key(user, task), JSON.stringify({ answer, at } satisfies Unsaved));
  } catch {
    // Without storage it lives as long as the page.
  }
}

export function forgetUnsaved(user: string, task: string): void {
  try {
    localStorage.removeItem(key(user, task));
  } catch {
    // Nothing was kept either.
  }
}
