import { describe, expect, it } from 'vitest';
import { countFilters, parseCatalogueSearch } from './search';

/** WEB-02 WEB-04 WEB-19 */
describe('the address of the catalogue', () => {
  it('keeps the filters that it knows', () => {
    const search = {
      q: 'sql',
      category: 'data',
      level: 'beginner',
      language: 'he',
      free: true,
      track: 80,
      sort: 'price',
    };
    expect(parseCatalogueSearch(search)).toEqual(search);
    expect(countFilters(parseCatalogueSearch(search))).toBe(5);
  });

  it('drops what it does not understand', () => {
    expect(
      parseCatalogueSearch({
        q: '  ',
        category: '../x',
        level: 'x',
        language: 'fr',
        free: 'no',
        track: 70,
        sort: 1,
      }),
    ).toEqual({});
  });

  it('reads a number that was searched for as text', () => {
    expect(parseCatalogueSearch({ q: 2026, track: '60' })).toEqual({ q: '2026', track: 60 });
  });
});
