// What a new task begins with, and the small repairs that keep body and key together while they are edited. Pure.
import type {
  Body,
  ChoiceBody,
  ChoiceKey,
  Key,
  Labelled,
  MatchBody,
  MatchKey,
  OrderBody,
  OrderKey,
  SolutionRule,
  TaskKind,
} from '~/features/tasks/contract';
import { docOf, emptyDoc } from './marked';
import type { TaskFields } from './studioTasks';

/** Ids of options are random: neither the order nor the key can be read from them. */
export const newId = (): string => crypto.randomUUID();

export const newOption = (words = ''): Labelled => ({ id: newId(), text: docOf(words) });

const rule: SolutionRule = { after_right: true, after_wrong: 5, after: null };

type Fresh = Omit<TaskFields, 'title'> & { kind: TaskKind };

/** A new task of a kind. It holds what the kind needs at least, so that it can be saved and tried at once. */
export function freshTask(kind: TaskKind): Fresh {
  const { body, key } = freshParts(kind);
  return {
    kind,
    points: 1,
    required: true,
    chat_after: null,
    statement: emptyDoc,
    body,
    key,
    solution: null,
    solution_rule: rule,
  };
}

function freshParts(kind: TaskKind): { body: Body; key: Key } {
  switch (kind) {
    case 'number':
      return {
        body: { unit: 'none', units: [] },
        key: {
          values: ['0'],
          mode: 'any',
          abs: null,
          rel: null,
          digits: null,
          min_given: false,
          intervals: [],
          percent: 'reject',
          fractions: 'allow',
          unit: 'none',
          units: [],
        },
      };
    case 'text':
      return {
        body: {},
        key: {
          variants: [{ text: '1', score: '1', feedback: null }],
          patterns: [],
          case_sensitive: false,
          lookalikes: true,
          yo_distinct: false,
          ignore_spaces: false,
          digits_any_order: false,
          near_miss: false,
        },
      };
    case 'choice':
    case 'choices': {
      const options = [newOption('1'), newOption('2')];
      return {
        body: { options, pick: null, shuffle: true },
        key: { right: [options[0]?.id ?? ''], method: 'exact', weights: null },
      };
    }
    case 'order': {
      const items = [newOption('1'), newOption('2')];
      return { body: { items }, key: { order: items.map(({ id }) => id), method: 'exact' } };
    }
    case 'match': {
      const left = [newOption('1')];
      const right = [newOption('1'), newOption('2')];
      const pairs = { [left[0]?.id ?? '']: right[0]?.id ?? '' };
      return { body: { left, right, reuse: false }, key: { pairs, reuse: false } };
    }
    case 'free':
      return { body: { max_chars: 4000 }, key: { rubric: null } };
    case 'file':
      return { body: { max_files: 3, max_mb: 25, types: [] }, key: { rubric: null } };
  }
}

type Choice = { body: ChoiceBody; key: ChoiceKey };

/** A choice with other options: what is gone is no longer right, and bears no weight. */
export function withOptions({ body, key }: Choice, options: Labelled[]): Choice {
  const there = new Set(options.map(({ id }) => id));
  const weights = key.weights
    ? Object.fromEntries(Object.entries(key.weights).filter(([id]) => there.has(id)))
    : (key.weights ?? null);
  return {
    body: { ...body, options },
    key: { ...key, right: key.right.filter((id) => there.has(id)), weights },
  };
}

/** Several of many with another right one, or one of many with another. */
export const withRight = (key: ChoiceKey, id: string, several: boolean): ChoiceKey => {
  if (!several) return { ...key, right: [id] };
  const right = key.right.includes(id) ? key.right.filter((one) => one !== id) : [...key.right, id];
  return { ...key, right };
};

/** Items are edited in the right order: it is the key. */
export const withItems = (items: Labelled[], key: OrderKey): { body: OrderBody; key: OrderKey } => ({
  body: { items },
  key: { ...key, order: items.map(({ id }) => id) },
});

type Match = { body: MatchBody; key: MatchKey };

/** Two columns with other rows: pairs of what is gone are undone. */
export function withSides({ body, key }: Match, sides: Partial<Pick<MatchBody, 'left' | 'right'>>): Match {
  const next = { ...body, ...sides };
  const lefts = new Set(next.left.map(({ id }) => id));
  const rights = new Set(next.right.map(({ id }) => id));
  const pairs = Object.fromEntries(
    Object.entries(key.pairs).filter(([left, right]) => lefts.has(left) && rights.has(right)),
  );
  return { body: next, key: { ...key, pairs } };
}

/** The items of an order as the key has them, for editing; what the key does not name comes last. */
export function inOrder(items: readonly Labelled[], order: readonly string[]): Labelled[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const known = order.flatMap((id) => byId.get(id) ?? []);
  return [...known, ...items.filter(({ id }) => !order.includes(id))];
}
