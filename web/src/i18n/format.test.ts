import { describe, expect, it } from 'vitest';
import * as f from './format';

const zone = 'Asia/Tashkent';
const now = new Date('2026-11-20T10:00:00Z');
const at = (iso: string) => new Date(iso);
const all = (write: (locale: f.Locale) => string) =>
  Object.fromEntries(f.locales.map((locale) => [locale, write(locale).replaceAll('\u00a0', '~')]));

/** LOC-04 LOC-05 */
describe('writing for people', () => {
  it('writes numbers with the separators of the language', () => {
    expect(all((l) => f.formatNumber(l, 1_234_567.5))).toEqual({
      uz: '1~234~567,5',
      ru: '1~234~567,5',
      en: '1,234,567.5',
      he: '1,234,567.5',
    });
  });

  it('writes soʻm without tiyin unless there are some', () => {
    expect(all((l) => f.formatMoney(l, { amount: 34_900_000, currency: 'UZS' }))).toEqual({
      uz: '349~000~soʻm',
      ru: '349~000~сум',
      en: 'UZS~349,000',
      he: '\u200f349,000~\u200fUZS',
    });
    expect(f.formatMoney('ru', { amount: 34_900_050, currency: 'UZS' })).toBe('349\u00a0000,50\u00a0сум');
  });

  it('writes shekels with both digits and yen with none', () => {
    expect(all((l) => f.formatMoney(l, { amount: 18_900, currency: 'ILS' }))).toMatchObject({
      uz: '189,00~₪',
      ru: '189,00~₪',
      he: '\u200f189.00~\u200f₪',
    });
    expect(f.formatMoney('en', { amount: 1500, currency: 'JPY' })).toContain('1,500');
  });

  it('signs a movement of money with a real minus or a plus', () => {
    expect(f.formatSignedMoney('ru', { amount: -31_410_000, currency: 'UZS' })).toBe(
      '−314\u00a0100\u00a0сум',
    );
    expect(f.formatSignedMoney('uz', { amount: 62_000_000, currency: 'UZS' })).toBe(
      '+620\u00a0000\u00a0soʻm',
    );
    expect(f.formatSignedMoney('en', { amount: 0, currency: 'UZS' })).toBe('UZS\u00a00');
  });

  it('does not say 100 percent before the end', () => {
    expect(f.formatPercent('en', 99.9)).toBe('99%');
    expect(f.formatPercent('ru', 100)).toBe('100\u00a0%');
    expect(f.formatPercent('uz', -3)).toBe('0%');
  });

  it('writes days in each language, with the year when it is another one', () => {
    expect(all((l) => f.formatDate(l, at('2026-11-20T08:00:00Z'), zone, now))).toEqual({
      uz: '20-noyabr',
      ru: '20 ноября',
      en: '20 November',
      he: '20 בנובמבר',
    });
    expect(f.formatDate('uz', at('2025-01-02T08:00:00Z'), zone, now)).toBe('2025-yil 2-yanvar');
  });

  it('counts days in the zone of the reader', () => {
    const late = at('2026-11-20T20:30:00Z');
    expect(f.formatNear('en', late, 'Asia/Tashkent', now)).toBe('tomorrow, 01:30');
    expect(f.formatNear('en', late, 'UTC', now)).toBe('today, 20:30');
  });

  it('writes near days in words and far ones as dates', () => {
    expect(all((l) => f.formatNear(l, at('2026-11-20T18:59:00Z'), zone, now))).toEqual({
      uz: 'bugun, 23:59',
      ru: 'сегодня, 23:59',
      en: 'today, 23:59',
      he: 'היום, 23:59',
    });
    expect(f.formatNear('ru', at('2026-11-22T10:00:00Z'), zone, now)).toBe('через 2 дня');
    expect(f.formatNear('uz', at('2026-11-22T10:00:00Z'), zone, now)).toBe('2\u00a0kundan keyin');
    expect(f.formatNear('uz', at('2026-11-27T10:00:00Z'), zone, now)).toBe('27-noyabr');
  });

  it('writes positions as a clock and lengths in words', () => {
    expect([0, 500, 3765].map(f.formatClock)).toEqual(['0:00', '8:20', '1:02:45']);
    expect(f.formatSpan('uz', 7800)).toBe('2\u00a0soat 10\u00a0daqiqa');
    expect(f.formatSpan('ru', 64_800)).toBe('18\u00a0ч');
    expect(f.formatSpan('en', 30)).toBe('30\u00a0sec');
  });

  it('writes sizes of files', () => {
    expect(f.formatSize('ru', 18_500_000)).toBe('18,5\u00a0МБ');
    expect(f.formatSize('uz', 900)).toBe('900\u00a0B');
    expect(f.formatSize('en', 0)).toContain('0');
  });
});
