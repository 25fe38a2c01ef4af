// A person without a picture: the initials on one of five tints that stays the same for that person.
import css from './Initials.module.css';

const tints = ['lapis', 'sand', 'teal', 'rose', 'violet'] as const;

/** `size` in px: 24, 32 (default), 48 or 64. */
export function Initials({ name, id, size = 32 }: { name: string; id: string; size?: 24 | 32 | 48 | 64 }) {
  const letters = name
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('');
  const tint = tints[hash(id) % tints.length] ?? 'lapis';
  return (
    <span className={`${css.face} ${css[tint]} ${css[`s${size}`]}`} aria-hidden>
      {letters.toLocaleUpperCase()}
    </span>
  );
}

/** A steady number for a text; not for secrets. */
export function hash(text: string): number {
  // FNV-1a with a final mixing, so that ids that differ in the last digit alone still fall far apart.
  let sum = 0x811c9dc5;
  for (const letter of text) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
