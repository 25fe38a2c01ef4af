// How the server will read a number that is being typed, for the common ways of writing: "understood as 1 234,5". The
// server's reading counts; what is not sure here (units, percent, powers) is left unsaid. Pure.
import type { Locale } from '~/i18n/format';

/** Signs that are read as a minus; the dashes among them come from keyboards that "correct" what is typed. */
const minus = /[\u2212\u2010-\u2015\ufe63-]/;
const halves: Record<string, string> = { '½': '1/2', '⅓': '1/3', '⅔': '2/3', '¼': '1/4', '¾': '3/4' };
const MOST = 64;

/** A decimal with a point and no groups, or a fraction; several where the writing can mean two numbers. */
export function readNumber(typed: string, locale: Locale): string[] {
  if ([...typed].length > MOST) return [];
  let text = typed
    .replaceAll(/[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u061c\u00ad]/g, '')
    .replaceAll(/([½⅓⅔¼¾])/g, (_all, half: string) => ` ${halves[half] ?? half}`)
    .normalize('NFKC')
    .replaceAll(/[\u2044\u2215]/g, '/')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^[a-zа-яё] ?= ?/i, '');
  let sign = '';
  if (minus.test(text.charAt(0))) {
    sign = '-';
    text = text.slice(1).trim();
  } else if (text.startsWith('+')) text = text.slice(1).trim();
  if (!text || minus.test(text)) return [];
  const fraction = /^(?:(\d+) )?(\d+) ?\/ ?(\d+)$/.exec(text);
  if (fraction) {
    const [, whole, over, under] = fraction;
    if (/^0+$/.test(under ?? '')) return [];
    if (whole && Number(over) >= Number(under)) return [];
    return [`${sign}${whole ? `${whole} ` : ''}${over}/${under}`];
  }
  return decimals(text, locale).map((value) => sign + value);
}

function decimals(text: string, locale: Locale): string[] {
  if (!/^[\d.,' ’_]+$/.test(text) || !/\d/.test(text)) return [];
  const dots = (text.match(/\./g) ?? []).length;
  const commas = (text.match(/,/g) ?? []).length;
  if (dots > 0 && commas > 0) {
    const last = text.lastIndexOf('.') > text.lastIndexOf(',') ? '.' : ',';
    if ((last === '.' ? dots : commas) !== 1) return [];
    const [whole = '', part = ''] = text.split(last);
    const plain = ungrouped(whole, last === '.' ? ',' : '.');
    return plain === undefined || !/^\d*$/.test(part) ? [] : [join(plain, part)];
  }
  const mark = dots > 0 ? '.' : ',';
  if (dots + commas > 1) {
    const plain = ungrouped(text, mark);
    return plain === undefined ? [] : [join(plain, '')];
  }
  const [whole = '', part = ''] = text.split(mark);
  const plain = whole === '' ? '0' : ungrouped(whole, undefined);
  const rest = part.replaceAll(' ', '');
  if (plain === undefined || !/^\d*$/.test(rest) || (whole === '' && rest === '')) return [];
  // One comma before three digits: with a point as the decimal mark it may well stand between thousands.
  const thousands =
    (locale === 'en' || locale === 'he') && mark === ',' && /^\d{1,3}$/.test(whole) && /^\d{3}$/.test(part);
  return thousands && whole !== '0' ? [join(plain, rest), `${plain}${rest}`] : [join(plain, rest)];
}

const join = (whole: string, part: string): string => {
  const digits = whole.replace(/^0+(?=\d)/, '');
  const rest = part.replace(/0+$/, '');
  return rest ? `${digits}.${rest}` : digits;
};

/** Groups of three with one kind of mark between them, taken out. Nothing where they are no groups. */
function ungrouped(text: string, mark: '.' | ',' | undefined): string | undefined {
  if (/^\d+$/.test(text)) return text;
  const marks = new Set(text.replaceAll(/\d/g, '').replaceAll('’', "'"));
  const [own, ...more] = marks;
  if (more.length > 0 || !own || (own !== mark && !" '_".includes(own))) return undefined;
  const [first = '', ...groups] = text.replaceAll('’', "'").split(own);
  if (!/^\d{1,3}$/.test(first) || groups.some((group) => !/^\d{3}$/.test(group))) return undefined;
  return first + groups.join('');
}

/** As people of the language write it: the decimal mark, groups from five digits on, the real minus. */
export function showNumber(reading: string, locale: Locale): string {
  const comma = locale === 'ru' || locale === 'uz';
  const negative = reading.startsWith('-');
  const text = negative ? reading.slice(1) : reading;
  if (text.includes('/')) return (negative ? '\u2212' : '') + text.replace(' ', '\u00a0');
  const [whole = '', part] = text.split('.');
  const grouped = whole.length < 5 ? whole : whole.replaceAll(/\B(?=(\d{3})+$)/g, comma ? '\u00a0' : ',');
  return `${negative ? '\u2212' : ''}${grouped}${part ? `${comma ? ',' : '.'}${part}` : ''}`;
}
