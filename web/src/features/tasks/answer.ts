// Answers of every kind while they are typed: what there is to begin with, whether there is one yet, and the small moves
// in them. Pure; the judging is the server's.
import type {
  Answer,
  Body,
  ChoiceBody,
  FileAnswer,
  Labelled,
  MatchBody,
  NumberBody,
  OrderBody,
  TaskKind,
} from './contract';

type Of = { kind: TaskKind; body: Body };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter(isText) : []);
const ids = (items: readonly Labelled[] | undefined): string[] => (items ?? []).map(({ id }) => id);

export const choiceBody = (body: Body): ChoiceBody => {
  const { options = [], pick = null } = body as Partial<ChoiceBody>;
  return { options, pick };
};
export const orderBody = (body: Body): OrderBody => ({ items: (body as Partial<OrderBody>).items ?? [] });
export const matchBody = (body: Body): MatchBody => {
  const { left = [], right = [], reuse = false } = body as Partial<MatchBody>;
  return { left, right, reuse };
};
export const numberBody = (body: Body): NumberBody => {
  const { unit = 'none', units = [] } = body as Partial<NumberBody>;
  return { unit, units };
};

/**
 * What the field begins with: a draft or an earlier answer where it is of the right shape, else nothing. An order begins
 * as it is shown, and what a new version of the task has changed is left out.
 */
export function startAnswer({ kind, body }: Of, known?: unknown): Answer {
  switch (kind) {
    case 'number':
    case 'text':
    case 'free':
      return isText(known) ? known : '';
    case 'choice': {
      return isText(known) && ids(choiceBody(body).options).includes(known) ? known : '';
    }
    case 'choices': {
      const options = ids(choiceBody(body).options);
      return texts(known).filter((id) => options.includes(id));
    }
    case 'order': {
      const items = ids(orderBody(body).items);
      const kept = texts(known).filter((id, at, all) => items.includes(id) && all.indexOf(id) === at);
      return kept.length === items.length ? kept : items;
    }
    case 'match': {
      const { left, right } = matchBody(body);
      const given = isRecord(known) ? known : {};
      return Object.fromEntries(
        ids(left).flatMap((id) => {
          const other = given[id];
          return isText(other) && ids(right).includes(other) ? [[id, other]] : [];
        }),
      );
    }
    case 'file': {
      const given = isRecord(known) ? known : {};
      return { files: texts(given.files), text: isText(given.text) ? given.text : '' };
    }
  }
}

/** Why an answer cannot be handed in yet; the words for it are the page's. */
export type Lack = 'empty' | 'unmoved' | 'pairs' | 'pick' | 'unit' | 'long';

/** What is missing before it is worth sending. `moved`: whether an order was ever touched. */
export function lackOf({ kind, body }: Of, answer: Answer, moved: boolean): Lack | undefined {
  switch (kind) {
    case 'number': {
      const { unit, units } = numberBody(body);
      const { number, unit: own } = splitUnit(textOf(answer), units);
      if (!number.trim()) return 'empty';
      return unit === 'required' && units.length > 0 && !own && !/\p{L}/u.test(number) ? 'unit' : undefined;
    }
    case 'text':
      return textOf(answer).trim() ? undefined : 'empty';
    case 'free': {
      if (!textOf(answer).trim()) return 'empty';
      return count(textOf(answer)) > mostOf(body) ? 'long' : undefined;
    }
    case 'choice':
      return answer ? undefined : 'empty';
    case 'choices': {
      const chosen = listOf(answer).length;
      if (chosen === 0) return 'empty';
      const pick = choiceBody(body).pick ?? 0;
      return pick > 0 && chosen !== pick ? 'pick' : undefined;
    }
    case 'order':
      return moved ? undefined : 'unmoved';
    case 'match': {
      const pairs = pairsOf(answer);
      return matchBody(body).left.every(({ id }) => pairs[id]) ? undefined : 'pairs';
    }
    case 'file':
      return fileOf(answer).files.length > 0 ? undefined : 'empty';
  }
}

export const textOf = (answer: Answer): string => (typeof answer === 'string' ? answer : '');
export const listOf = (answer: Answer): string[] => (Array.isArray(answer) ? answer : []);
export const pairsOf = (answer: Answer): Record<string, string> =>
  isRecord(answer) && !('files' in answer) ? (answer as Record<string, string>) : {};
export const fileOf = (answer: Answer): { files: string[]; text: string } => {
  const { files = [], text } = isRecord(answer) && 'files' in answer ? (answer as FileAnswer) : {};
  return { files, text: text ?? '' };
};

const DEFAULT_MOST = 20_000;
export const mostOf = (body: Body): number => {
  const { max_chars } = body as { max_chars?: number };
  return max_chars ?? DEFAULT_MOST;
};

/** Characters as people count them, without the blank ends that the server does not keep. */
export const count = (text: string): number => [...text.trim()].length;

/** A list with the item at one place moved to another. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items];
  const [taken] = next.splice(from, 1);
  if (taken === undefined) return next;
  next.splice(Math.max(0, Math.min(next.length, to)), 0, taken);
  return next;
}

/** Several of many: on or off, in the order of the options. */
export const toggled = (chosen: readonly string[], id: string, options: readonly Labelled[]): string[] => {
  const next = new Set(chosen);
  if (!next.delete(id)) next.add(id);
  return ids(options).filter((option) => next.has(option));
};

/** A pair made or (with nothing at its right) undone. What may be used once leaves its former place. */
export function paired(
  pairs: Record<string, string>,
  left: string,
  right: string | undefined,
  reuse: boolean,
): Record<string, string> {
  const rest = Object.entries(pairs).filter(([id, other]) => id !== left && (reuse || other !== right));
  return Object.fromEntries(right ? [...rest, [left, right]] : rest);
}

/** The number and the unit of an answer that was put together here. */
export function splitUnit(answer: string, units: readonly string[]): { number: string; unit: string } {
  const own = [...units]
    .sort((one, two) => two.length - one.length)
    .find((unit) => answer.endsWith(` ${unit}`));
  return own ? { number: answer.slice(0, -own.length - 1), unit: own } : { number: answer, unit: '' };
}

export const joinUnit = (number: string, unit: string): string => (unit ? `${number} ${unit}` : number);

/** Letters that stand before what a pair leads to, so that a select can name it: A, B, … Z, AA. */
export function letter(index: number): string {
  let rest = index;
  let name = '';
  do {
    name = String.fromCharCode(65 + (rest % 26)) + name;
    rest = Math.floor(rest / 26) - 1;
  } while (rest >= 0);
  return name;
}

export const sameAnswer = (one: unknown, two: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(two);
