// The fields of a task: what it is called and worth, what is asked, when it is right, the worked solution and its rule.
import { Checkbox, NumberInput, Skeleton, Switch, TextInput } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { letter } from '~/features/tasks/answer';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useFieldText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { KeyFields } from './KeyFields';
import { emptyDoc } from './marked';
import { localMoment, momentOf } from './moment';
import css from './TaskEditor.module.css';
import type { TaskDraft } from './useTaskDraft';

const RichEditor = lazy(() => import('../RichEditor').then((file) => ({ default: file.RichEditor })));

export function TaskForm({ draft }: { draft: TaskDraft }) {
  const { t } = useTranslation('taskEditor');
  const format = useFormat();
  const fieldText = useFieldText();
  const { value, edit } = draft;
  const problems = isApiError(draft.error) ? draft.error.fields : [];
  const fault = (name: string): string | undefined => {
    const found = problems.find(({ field }) => field === name);
    return found && fieldText(found);
  };
  /** What is wrong inside a part that has many fields, each named by its place. */
  const faults = (...parts: string[]) =>
    problems.filter(({ field }) =>
      parts.some((part) => field === part || field.startsWith(`${part}.`) || field.startsWith(`${part}[`)),
    );
  const rule = value.solution_rule;
  /** A row as its author counts it, in place of its path. */
  const place = (field: string): string => {
    const [, list, at] = /(\w+)\[(\d+)\]/.exec(field) ?? [];
    const number = Number(at) + 1;
    switch (list) {
      case 'options':
        return t('choice.option', { number });
      case 'items':
        return t('order.item', { number });
      case 'left':
        return t('match.leftItem', { number });
      case 'right':
        return t('match.rightItem', { letter: letter(number - 1) });
      case 'values':
        return t('number.value', { number });
      case 'variants':
        return t('text.variant', { number });
      case 'patterns':
        return t('text.pattern', { number });
      case 'intervals':
        return `${t('number.interval')} ${number}`;
      case 'units':
        return `${t('number.unit')} ${number}`;
      default:
        return field.replace(/^(?:body|key)\.?/, '') || t(`kindHead.${value.kind}`);
    }
  };
  return (
    <div className={css.form}>
      <TextInput
        label={t('title')}
        value={value.title}
        maxLength={200}
        {...asTyped(value.title)}
        error={fault('title') ?? (value.title.trim() ? undefined : t('titleMissing'))}
        onChange={(event) => edit({ title: event.currentTarget.value })}
      />
      <div className={css.pair}>
        <NumberInput
          label={t('points')}
          value={value.points}
          min={0}
          max={1000}
          allowDecimal={false}
          allowNegative={false}
          error={fault('points')}
          onChange={(points) => typeof points === 'number' && edit({ points })}
        />
        <NumberInput
          label={t('chatAfter')}
          description={value.chat_after === 0 ? t('chatAlways') : t('chatAfterHelp')}
          placeholder={t('chatAfterCourse')}
          value={value.chat_after ?? ''}
          min={0}
          max={100}
          allowDecimal={false}
          allowNegative={false}
          error={fault('chat_after')}
          onChange={(after) => edit({ chat_after: typeof after === 'number' ? after : null })}
        />
      </div>
      <Switch
        label={t('required')}
        description={t('requiredHelp')}
        checked={value.required}
        onChange={(event) => edit({ required: event.currentTarget.checked })}
      />
      <Suspense fallback={<Skeleton height={200} radius="md" />}>
        <RichEditor
          id="field-statement"
          label={t('statement')}
          doc={value.statement}
          pictures
          error={faults('statement')
            .map((one) => fieldText(one))
            .at(0)}
          change={(doc) => edit({ statement: doc ?? emptyDoc })}
        />
      </Suspense>
      <section className={css.part} aria-labelledby="key">
        <h2 id="key">{t(`kindHead.${value.kind}`)}</h2>
        <Problems list={faults('body', 'key').map((one) => `${place(one.field)}: ${fieldText(one)}`)} />
        <KeyFields task={value} change={edit} />
      </section>
      <section className={css.part} aria-labelledby="worked">
        <h2 id="worked">{t('solution')}</h2>
        <Suspense fallback={<Skeleton height={200} radius="md" />}>
          <RichEditor
            id="field-solution"
            label={t('solutionText')}
            help={t('solutionHelp')}
            doc={value.solution}
            pictures
            error={faults('solution')
              .map((one) => fieldText(one))
              .at(0)}
            change={(solution) => edit({ solution })}
          />
        </Suspense>
        {value.solution && (
          <fieldset className={css.checks}>
            <legend className={css.label}>{t('rule.title')}</legend>
            <Checkbox
              label={t('rule.afterRight')}
              checked={rule.after_right}
              onChange={(event) =>
                edit({ solution_rule: { ...rule, after_right: event.currentTarget.checked } })
              }
            />
            <div className={css.pair}>
              <NumberInput
                label={t('rule.afterWrong')}
                description={t('rule.none')}
                value={rule.after_wrong ?? ''}
                min={1}
                max={100}
                allowDecimal={false}
                allowNegative={false}
                error={fault('solution_rule.after_wrong')}
                onChange={(after) =>
                  edit({ solution_rule: { ...rule, after_wrong: typeof after === 'number' ? after : null } })
                }
              />
              <TextInput
                type="datetime-local"
                label={t('rule.after')}
                description={t('zone', { zone: format.zone })}
                value={rule.after ? localMoment(rule.after, format.zone) : ''}
                error={fault('solution_rule.after')}
                onChange={(event) =>
                  edit({
                    solution_rule: { ...rule, after: momentOf(event.currentTarget.value, format.zone) },
                  })
                }
              />
            </div>
            {!rule.after_right && rule.after_wrong === null && !rule.after && (
              <Note tone="warn">{t('rule.never')}</Note>
            )}
          </fieldset>
        )}
      </section>
    </div>
  );
}

function Problems({ list }: { list: string[] }) {
  if (list.length === 0) return null;
  return (
    <Note tone="bad">
      <ul>
        {list.map((line) => (
          <li key={line}>
            <bdi>{line}</bdi>
          </li>
        ))}
      </ul>
    </Note>
  );
}
