// The filters of the catalogue as they stand in the address. What cannot be understood is dropped, never an error.
import type { Schemas } from '~/api/client';
import { type Locale, locales } from '~/i18n/format';

export const levels = ['beginner', 'intermediate', 'advanced', 'all'] as const;
export const sorts = ['popular', 'newest', 'price'] as const;
export const tracks = [60, 80] as const;

export type Level = Schemas['Level'];
export type Sort = (typeof sorts)[number];
export type Track = (typeof tracks)[number];

export type CatalogueSearch = {
  q?: string;
  /** Slug of a category. */
  category?: string;
  level?: Level;
  language?: Locale;
  free?: true;
  track?: Track;
  sort?: Sort;
};

const oneOf = <T>(list: readonly T[], value: unknown): T | undefined => list.find((item) => item === value);

export function parseCatalogueSearch(raw: Record<string, unknown>): CatalogueSearch {
  const found: CatalogueSearch = {};
  // The router reads `?q=2026` as a number; it is the text that was typed.
  const q = typeof raw.q === 'number' ? String(raw.q) : raw.q;
  if (typeof q === 'string' && q.trim()) found.q = q.trim().slice(0, 200);
  if (typeof raw.category === 'string' && /^[a-z0-9-]{1,100}$/.test(raw.category))
    found.category = raw.category;
  const level = oneOf(levels, raw.level);
  if (level) found.level = level;
  const language = oneOf(locales, raw.language);
  if (language) found.language = language;
  if (raw.free === true || raw.free === 'true') found.free = true;
  const track = oneOf(tracks, Number(raw.track));
  if (track) found.track = track;
  const sort = oneOf(sorts, raw.sort);
  if (sort) found.sort = sort;
  return found;
}

/** How many filters narrow the list; the words searched for and the order are none. */
export function countFilters({ q: _q, sort: _sort, ...filters }: CatalogueSearch): number {
  return Object.keys(filters).length;
}
