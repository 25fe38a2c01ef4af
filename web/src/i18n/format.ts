// Numbers, money, dates and lengths of time as people of each language write them. Pure: locale, zone and the present
// are arguments. From `Intl`, except where browsers fall short: Chromium says that it supports Uzbek but has no Uzbek
// data (it answers "M11 21" and "1,234,567.5"), so Uzbek words stand here, and its numbers are written as in Russian.

export const locales = ['uz', 'ru', 'en', 'he'] as const;
export type Locale = (typeof locales)[number];

/** Minor units, as the API sends them: `{ amount: 34_900_000, currency: 'UZS' }` is 349 000 soʻm. */
export type MoneyValue = { amount: number; currency: string };

const NBSP = '\u00a0';
const MINUS = '\u2212';

const dateTag: Record<Locale, string> = { uz: 'en-GB', ru: 'ru', en: 'en-GB', he: 'he' };
const numberTag: Record<Locale, string> = { uz: 'ru', ru: 'ru', en: 'en', he: 'he' };

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
function numbers(tag: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${tag}${JSON.stringify(options)}`;
  const known = cache.get(key);
  if (known instanceof Intl.NumberFormat) return known;
  const made = new Intl.NumberFormat(tag, options);
  cache.set(key, made);
  return made;
}
function dates(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${tag}${JSON.stringify(options)}`;
  const known = cache.get(key);
  if (known instanceof Intl.DateTimeFormat) return known;
  const made = new Intl.DateTimeFormat(tag, options);
  cache.set(key, made);
  return made;
}
/** The font has no narrow no-break space, which some `Intl` data uses between groups. */
const plainSpaces = (text: string) => text.replaceAll('\u202f', NBSP);

// --- numbers ---

export function formatNumber(locale: Locale, value: number, digits = 1): string {
  return plainSpaces(numbers(numberTag[locale], { maximumFractionDigits: digits }).format(value));
}

/** `value` is in hundredths: 31 is written 31%. Never rounded up to 100 before the end is reached. */
export function formatPercent(locale: Locale, value: number): string {
  return withPercent(locale, value >= 100 ? 100 : Math.max(0, Math.min(99, Math.round(value))));
}

/** A small share, where the part of a hundredth counts: `0,25 %`. */
export const formatShare = (locale: Locale, value: number): string =>
  withPercent(locale, formatNumber(locale, value, 2));

const withPercent = (locale: Locale, number: number | string): string =>
  locale === 'ru' ? `${number}${NBSP}%` : `${number}%`;

/** A mean of ratings: always one digit after the comma. */
export function formatRating(locale: Locale, value: number): string {
  return numbers(numberTag[locale], { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}

// --- money ---

/** Digits of the minor unit where they are not two (ISO 4217). The soʻm has two (tiyin), though `Intl` shows none. */
const minorDigits: Record<string, number> = {
  JPY: 0,
  KRW: 0,
  VND: 0,
  CLP: 0,
  ISK: 0,
  KWD: 3,
  BHD: 3,
  JOD: 3,
};
const somWord: Partial<Record<Locale, string>> = { uz: 'soʻm', ru: 'сум' };

/** A sum without a sign of gain or loss; a negative one bears the real minus. */
export function formatMoney(locale: Locale, money: MoneyValue): string {
  const digits = minorDigits[money.currency] ?? 2;
  const value = money.amount / 10 ** digits;
  // Soʻm sums drop zero tiyin; whatever else there is, is shown whole: rounding is never shown as exact.
  const shown = money.currency === 'UZS' && money.amount % 100 === 0 ? 0 : digits;
  const options = { minimumFractionDigits: shown, maximumFractionDigits: shown };
  const word = money.currency === 'UZS' ? somWord[locale] : undefined;
  const text = word
    ? `${numbers(numberTag[locale], options).format(value)}${NBSP}${word}`
    : numbers(numberTag[locale], { ...options, style: 'currency', currency: money.currency }).format(value);
  return plainSpaces(text).replace('-', MINUS);
}

/** The number alone, beside a sum that names the currency (the old price). */
export function formatAmount(locale: Locale, money: MoneyValue): string {
  const digits = minorDigits[money.currency] ?? 2;
  const shown = money.currency === 'UZS' && money.amount % 100 === 0 ? 0 : digits;
  return plainSpaces(
    numbers(numberTag[locale], { minimumFractionDigits: shown, maximumFractionDigits: shown }).format(
      money.amount / 10 ** digits,
    ),
  ).replace('-', MINUS);
}

/** A movement of money: `+620 000 сум` or `−314 100 сум`. */
export function formatSignedMoney(locale: Locale, money: MoneyValue): string {
  const sum = formatMoney(locale, { ...money, amount: Math.abs(money.amount) });
  if (money.amount === 0) return sum;
  return `${money.amount > 0 ? '+' : MINUS}${sum}`;
}

// --- lengths of time and sizes ---

/** A position or length as a clock: `8:20`, `1:02:45`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`;
}

type Unit = 'hour' | 'minute' | 'second';
const uzUnit: Record<Unit, string> = { hour: 'soat', minute: 'daqiqa', second: 'soniya' };

function unit(locale: Locale, value: number, name: Unit): string {
  if (locale === 'uz') return `${value}${NBSP}${uzUnit[name]}`;
  return plainSpaces(
    numbers(numberTag[locale], { style: 'unit', unit: name, unitDisplay: 'short' }).format(value),
  ).replace(' ', NBSP);
}

/** A length in words: `2 soat 10 daqiqa`, `18 ч`, `40 с`. From ten hours on, minutes are left out. */
export function formatSpan(locale: Locale, seconds: number): string {
  if (seconds < 60) return unit(locale, Math.max(0, Math.round(seconds)), 'second');
  const minutes = Math.round(seconds / 60);
  const h = Math.floor(minutes / 60);
  if (h >= 10) return unit(locale, Math.round(minutes / 60), 'hour');
  const m = minutes % 60;
  return [h > 0 ? unit(locale, h, 'hour') : '', m > 0 || h === 0 ? unit(locale, m, 'minute') : '']
    .filter(Boolean)
    .join(' ');
}

const sizeUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** A file size in powers of 1000: `18,5 МБ`. */
export function formatSize(locale: Locale, bytes: number): string {
  const power = Math.min(sizeUnits.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const options = {
    style: 'unit',
    unit: sizeUnits[power],
    maximumFractionDigits: power < 2 ? 0 : 1,
  } as const;
  const value = bytes / 1000 ** power;
  if (locale === 'uz') {
    return `${formatNumber('uz', value, options.maximumFractionDigits)}${NBSP}${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
  }
  const text = plainSpaces(numbers(numberTag[locale], options).format(value)).replace(' ', NBSP);
  // In a Hebrew sentence number and Latin unit would change places.
  return locale === 'he' ? isolated(text) : text;
}

/** Keeps a text in its own order inside a sentence that runs the other way: FIRST STRONG ISOLATE and its end. */
export const isolated = (text: string): string => `\u2068${text}\u2069`;

// --- dates ---

const uzMonths = 'yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr'.split(' ');

type DayParts = { year: number; month: number; day: number };
function dayParts(at: Date, zone: string): DayParts {
  const parts = dates('en-GB', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric' });
  const found: Record<string, number> = {};
  for (const part of parts.formatToParts(at)) found[part.type] = Number(part.value);
  return { year: found.year ?? 0, month: found.month ?? 1, day: found.day ?? 1 };
}

/** `20-noyabr`, `20 ноября`; the year is added when it is not the present one. */
export function formatDate(
  locale: Locale,
  at: Date,
  zone: string,
  now: Date,
  style: 'long' | 'short' = 'long',
) {
  const day = dayParts(at, zone);
  const withYear = day.year !== dayParts(now, zone).year;
  if (locale === 'uz') {
    const name = uzMonths[day.month - 1] ?? '';
    const month = `${day.day}-${style === 'short' ? name.slice(0, 3) : name}`;
    return withYear ? `${day.year}-yil ${month}` : month;
  }
  return plainSpaces(
    dates(dateTag[locale], {
      timeZone: zone,
      day: 'numeric',
      month: style,
      ...(withYear ? { year: 'numeric' } : {}),
    }).format(at),
  );
}

/** `15:20`, in all languages. */
export function formatTime(at: Date, zone: string): string {
  return dates('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

export function formatDateTime(locale: Locale, at: Date, zone: string, now: Date): string {
  return `${formatDate(locale, at, zone, now)}, ${formatTime(at, zone)}`;
}

const uzNear: Record<number, string> = { 0: 'bugun', 1: 'ertaga', [-1]: 'kecha' };

/** A near moment in words ("today, 23:59", "in 2 days"); from seven days on, the date. */
export function formatNear(locale: Locale, at: Date, zone: string, now: Date): string {
  const days = daysBetween(now, at, zone);
  if (Math.abs(days) >= 7) return formatDate(locale, at, zone, now);
  if (Math.abs(days) <= 1) {
    const word =
      locale === 'uz'
        ? uzNear[days]
        : new Intl.RelativeTimeFormat(dateTag[locale], { numeric: 'auto' }).format(days, 'day');
    return `${word}, ${formatTime(at, zone)}`;
  }
  if (locale === 'uz') return days > 0 ? `${days}${NBSP}kundan keyin` : `${-days}${NBSP}kun oldin`;
  return new Intl.RelativeTimeFormat(dateTag[locale], { numeric: 'always' }).format(days, 'day');
}

/** Calendar days from one moment to another, as the given zone counts days. */
export function daysBetween(from: Date, to: Date, zone: string): number {
  const number = (at: Date) => {
    const day = dayParts(at, zone);
    return Date.UTC(day.year, day.month - 1, day.day) / 86_400_000;
  };
  return number(to) - number(from);
}

export const direction = (locale: Locale): 'ltr' | 'rtl' => (locale === 'he' ? 'rtl' : 'ltr');

/** Each language by its own name; it does not change with the language of the page. */
export const localeNames: Record<Locale, string> = {
  uz: 'Oʻzbekcha',
  ru: 'Русский',
  en: 'English',
  he: 'עברית',
};
