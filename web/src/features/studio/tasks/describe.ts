// A version of a task as lines that people read, for comparing it with another.
import { useTranslation } from 'react-i18next';
import { letter } from '~/features/tasks/answer';
import type {
  ChoiceBody,
  ChoiceKey,
  Doc,
  FileBody,
  FreeBody,
  MatchBody,
  MatchKey,
  NumberKey,
  OpenKey,
  OrderBody,
  OrderKey,
  StudioTask,
  TextKey,
} from '~/features/tasks/contract';
import { plainText } from '~/ui/RichText';
import { useFormat } from '~/ui/useFormat';
import { inOrder } from './fresh';

export type Section = { name: 'about' | 'statement' | 'answer' | 'solution'; lines: string[] };

/** One line a block: a paragraph, a point of a list, a formula. */
function blocks(doc: Doc | null, depth = 0): string[] {
  if (!doc || depth > 12) return [];
  return (doc.content ?? []).flatMap((node) => {
    const leaf = ['paragraph', 'heading', 'codeBlock', 'math_block', 'image'].includes(node.type);
    if (!leaf) return blocks(node, depth + 1);
    const text =
      node.type === 'codeBlock'
        ? (node.content ?? []).map((one) => one.text ?? '').join('')
        : plainText(node);
    return node.type === 'codeBlock' ? text.split('\n') : text ? [text] : [];
  });
}

export function useDescription() {
  const { t } = useTranslation('taskEditor');
  const format = useFormat();
  const said = (label: string, value: string | number | null | undefined) =>
    value === null || value === undefined || value === '' ? [] : [`${label}: ${value}`];
  const yes = (label: string, on: boolean) => (on ? [label] : []);

  function answer(task: StudioTask): string[] {
    switch (task.kind) {
      case 'number': {
        const key = task.key as NumberKey;
        return [
          ...said(t('number.values'), key.values.join('; ')),
          ...(key.values.length > 1 ? [t(key.mode === 'all' ? 'number.allOf' : 'number.any')] : []),
          ...said(t('number.abs'), key.abs),
          ...said(t('number.rel'), key.rel),
          ...said(t('number.digits'), key.digits),
          ...yes(t('number.minGiven'), key.min_given && key.digits !== null),
          ...key.intervals.map(
            (one) =>
              `${t('number.interval')}: ${one.from_open ? '(' : '['}${one.from ?? '−∞'}; ${one.to ?? '∞'}${one.to_open ? ')' : ']'}`,
          ),
          `${t('number.fractions')}: ${t(`number.fraction.${key.fractions}`)}`,
          `${t('number.percentSign')}: ${t(`number.percent.${key.percent}`)}`,
          `${t('number.unit')}: ${t(`number.units.${key.unit}`)}`,
          ...key.units.map((unit) => `${unit.spelling} = ${unit.factor}`),
        ];
      }
      case 'text': {
        const key = task.key as TextKey;
        const row = (text: string, score: string, feedback: string | null) =>
          [text, score === '1' ? '' : `(${score})`, feedback ? `— ${feedback}` : '']
            .filter(Boolean)
            .join(' ');
        return [
          ...key.variants.map((one) => row(one.text, one.score, one.feedback)),
          ...key.patterns.map((one) => row(`/${one.pattern}/`, one.score, one.feedback)),
          ...(
            [
              'case_sensitive',
              'lookalikes',
              'yo_distinct',
              'ignore_spaces',
              'digits_any_order',
              'near_miss',
            ] as const
          ).flatMap((name) => yes(t(`text.fold.${name}`), key[name])),
        ];
      }
      case 'choice':
      case 'choices': {
        const [body, key] = [task.body as ChoiceBody, task.key as ChoiceKey];
        return [
          ...body.options.map((option) => {
            const weight = key.method === 'weights' ? key.weights?.[option.id] : undefined;
            const right = key.right.includes(option.id) ? ` (${t('right')})` : '';
            return `${plainText(option.text)}${right}${weight ? ` · ${weight}` : ''}`;
          }),
          ...(task.kind === 'choices' ? [`${t('method')}: ${t(`choice.methodName.${key.method}`)}`] : []),
          ...said(t('choice.pick'), body.pick),
          ...yes(t('choice.shuffle'), body.shuffle ?? true),
        ];
      }
      case 'order': {
        const [body, key] = [task.body as OrderBody, task.key as OrderKey];
        return [
          ...inOrder(body.items, key.order).map((item, at) => `${at + 1}. ${plainText(item.text)}`),
          `${t('method')}: ${t(`order.methodName.${key.method}`)}`,
        ];
      }
      case 'match': {
        const [body, key] = [task.body as MatchBody, task.key as MatchKey];
        const index = (id: string | undefined) => body.right.findIndex((item) => item.id === id);
        return [
          ...body.right.map((item, at) => `${letter(at)}. ${plainText(item.text)}`),
          ...body.left.map((item) => {
            const at = index(key.pairs[item.id]);
            return `${plainText(item.text)} — ${at < 0 ? '?' : letter(at)}`;
          }),
          ...yes(t('match.reuse'), key.reuse),
        ];
      }
      case 'free':
        return [
          ...said(t('open.maxChars'), (task.body as FreeBody).max_chars),
          ...((task.key as OpenKey).rubric ?? '').split('\n').filter(Boolean),
        ];
      case 'file': {
        const body = task.body as FileBody;
        return [
          ...said(t('open.maxFiles'), body.max_files),
          ...said(t('open.maxMb'), body.max_mb),
          ...said(t('open.types'), body.types.join(', ')),
          ...((task.key as OpenKey).rubric ?? '').split('\n').filter(Boolean),
        ];
      }
    }
  }

  return (task: StudioTask): Section[] => {
    const rule = task.solution_rule;
    return [
      {
        name: 'about',
        lines: [
          `${t('title')}: ${task.title}`,
          `${t('points')}: ${format.number(task.points)}`,
          t(task.required ? 'requiredYes' : 'requiredNo'),
          task.chat_after === null
            ? t('chatAfterCourse')
            : `${t('chatAfter')}: ${format.number(task.chat_after)}`,
        ],
      },
      { name: 'statement', lines: blocks(task.statement) },
      { name: 'answer', lines: answer(task) },
      {
        name: 'solution',
        lines: [
          ...blocks(task.solution),
          ...yes(t('rule.afterRight'), rule.after_right),
          ...said(t('rule.afterWrong'), rule.after_wrong),
          ...said(t('rule.after'), rule.after ? format.dateTime(rule.after) : null),
        ],
      },
    ];
  };
}
