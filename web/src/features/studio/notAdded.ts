// Dropped files that no lesson could be made for yet. Kept outside the page's parts, so that a change of tab or of page
// does not lose them; the files themselves live only in this browser window.
import { useSyncExternalStore } from 'react';

/** A dropped file; `key` is its one intent, however often its lesson is asked for. */
export type Dropped = { file: File; key: string };

type Kept = { readonly files: readonly Dropped[]; readonly error: unknown };

const nothing: Kept = { files: [], error: undefined };
const kept = new Map<string, Kept>();
const hearers = new Set<() => void>();
const tell = () => {
  for (const hear of hearers) hear();
};

/** Keeps what failed for this course, with the newest reason. */
export function keepDropped(course: string, files: readonly Dropped[], error: unknown): void {
  const old = kept.get(course) ?? nothing;
  const fresh = files.filter(({ key }) => old.files.every((known) => known.key !== key));
  kept.set(course, { files: [...old.files, ...fresh], error });
  tell();
}

/** Takes all of them, to try again or to forget. */
export function takeDropped(course: string): readonly Dropped[] {
  const { files } = kept.get(course) ?? nothing;
  kept.delete(course);
  tell();
  return files;
}

const listen = (hear: () => void) => {
  hearers.add(hear);
  return () => {
    hearers.delete(hear);
  };
};

export const dropped = (course: string): Kept => kept.get(course) ?? nothing;

export const useDropped = (course: string): Kept => useSyncExternalStore(listen, () => dropped(course));
