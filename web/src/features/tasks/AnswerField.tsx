// The answer to a task while it is given: one field for each kind. Also the trial answer of the author's preview.
import { Checkbox, NativeSelect, Radio, Textarea, TextInput } from '@mantine/core';
import { useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { InlineText, plainText } from '~/ui/RichText';
import { asTyped } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import css from './Answer.module.css';
import {
  choiceBody,
  count,
  fileOf,
  joinUnit,
  letter,
  listOf,
  matchBody,
  mostOf,
  numberBody,
  orderBody,
  paired,
  pairsOf,
  splitUnit,
  textOf,
  toggled,
} from './answer';
import type { Answer, Body, FileBody, Labelled, TaskKind } from './contract';
import { FileField } from './FileField';
import { OrderField } from './OrderField';
import { readNumber, showNumber } from './readNumber';

export type FieldProps = {
  task: { id: string; courseId: string; kind: TaskKind; body: Body };
  answer: Answer;
  change: (answer: Answer) => void;
  /** The field was left: a draft is saved at once. */
  left?: () => void;
  /** What is wrong with it, under the field. */
  error?: string | undefined;
  /** Names the group for readers: the heading above, or the statement. */
  labelledBy: string;
  disabled?: boolean;
};

export function AnswerField(props: FieldProps) {
  const { kind } = props.task;
  switch (kind) {
    case 'number':
      return <NumberAnswer {...props} />;
    case 'text':
      return <ShortText {...props} />;
    case 'choice':
      return <One {...props} />;
    case 'choices':
      return <Several {...props} />;
    case 'order':
      return (
        <OrderField
          items={orderBody(props.task.body).items}
          order={listOf(props.answer)}
          change={props.change}
          {...(props.left ? { left: props.left } : {})}
          error={props.error}
          labelledBy={props.labelledBy}
        />
      );
    case 'match':
      return <Match {...props} />;
    case 'free':
      return <Free {...props} />;
    case 'file':
      return (
        <FileField
          task={props.task}
          body={props.task.body as FileBody}
          answer={fileOf(props.answer)}
          change={props.change}
          {...(props.left ? { left: props.left } : {})}
          error={props.error}
        />
      );
  }
}

/** Signs that the number keyboards of phones lack. */
const signs = [
  { sign: '−', name: 'minus' },
  { sign: '/', name: 'fraction' },
  { sign: '·10^', name: 'power' },
  { sign: ';', name: 'and' },
] as const;

function NumberAnswer({ task, answer, change, left, error, labelledBy, disabled = false }: FieldProps) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const field = useRef<HTMLInputElement>(null);
  const hint = useId();
  const { unit, units } = numberBody(task.body);
  const typed = splitUnit(textOf(answer), unit === 'none' ? [] : units);
  const readings = readNumber(typed.number, format.locale).map((one) => showNumber(one, format.locale));
  const put = (number: string, own = typed.unit) => change(joinUnit(number, number ? own : ''));
  const insert = (sign: string) => {
    const input = field.current;
    const at = input?.selectionStart ?? typed.number.length;
    const to = input?.selectionEnd ?? at;
    put(typed.number.slice(0, at) + sign + typed.number.slice(to));
    requestAnimationFrame(() => {
      input?.focus();
      input?.setSelectionRange(at + sign.length, at + sign.length);
    });
  };
  return (
    <div className={css.number}>
      <div className={css.numberRow}>
        <TextInput
          ref={field}
          className={css.numberField ?? ''}
          aria-labelledby={labelledBy}
          inputMode="decimal"
          autoComplete="off"
          spellCheck={false}
          maxLength={64}
          attributes={{ input: { dir: 'ltr', 'aria-describedby': hint } }}
          value={typed.number}
          error={error}
          errorProps={{ role: 'alert' }}
          disabled={disabled}
          onChange={(event) => put(event.currentTarget.value)}
          onBlur={left}
        />
        {unit !== 'none' && units.length > 0 && (
          <NativeSelect
            aria-label={t('unit')}
            value={typed.unit}
            disabled={disabled}
            data={[
              { value: '', label: unit === 'required' ? t('chooseUnit') : t('noUnit') },
              ...units.map((one) => ({ value: one, label: one })),
            ]}
            onChange={(event) => put(typed.number || ' ', event.currentTarget.value)}
          />
        )}
      </div>
      <fieldset className={css.signs} aria-label={t('signs')}>
        {signs.map(({ sign, name }) => (
          <button
            key={name}
            type="button"
            disabled={disabled}
            title={t(`sign.${name}`)}
            onClick={() => insert(sign)}
          >
            <bdi dir="ltr" aria-hidden>
              {sign}
            </bdi>
            <span className="hidden">{t(`sign.${name}`)}</span>
          </button>
        ))}
      </fieldset>
      <p className={css.read} id={hint}>
        {readings.length === 1 && (
          <>
            {t('readAs')} <bdi dir="ltr">{readings[0]}</bdi>
          </>
        )}
        {readings.length > 1 && (
          <>
            {t('readAsEither')} <bdi dir="ltr">{readings[0]}</bdi> {t('or')}{' '}
            <bdi dir="ltr">{readings[1]}</bdi>
          </>
        )}
      </p>
    </div>
  );
}

function ShortText({ answer, change, left, error, labelledBy, disabled = false }: FieldProps) {
  const text = textOf(answer);
  return (
    <TextInput
      className={css.short ?? ''}
      aria-labelledby={labelledBy}
      autoComplete="off"
      spellCheck={false}
      maxLength={1000}
      {...asTyped(text)}
      value={text}
      error={error}
      errorProps={{ role: 'alert' }}
      disabled={disabled}
      onChange={(event) => change(event.currentTarget.value)}
      onBlur={left}
    />
  );
}

function One({ task, answer, change, left, error, labelledBy, disabled = false }: FieldProps) {
  const name = useId();
  return (
    <Radio.Group
      value={textOf(answer)}
      name={name}
      onChange={change}
      onBlur={left}
      error={error}
      errorProps={{ role: 'alert' }}
      aria-labelledby={labelledBy}
    >
      <div className={css.options}>
        {choiceBody(task.body).options.map((option) => (
          <Radio
            key={option.id}
            value={option.id}
            disabled={disabled}
            label={<InlineText doc={option.text} />}
            className={css.option ?? ''}
          />
        ))}
      </div>
    </Radio.Group>
  );
}

function Several({ task, answer, change, left, error, labelledBy, disabled = false }: FieldProps) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const { options, pick } = choiceBody(task.body);
  const chosen = listOf(answer);
  const help = useId();
  return (
    <fieldset className={css.group} aria-labelledby={labelledBy} aria-describedby={help} onBlur={left}>
      <p className={css.pick} id={help}>
        {pick
          ? t('pick', { count: pick, value: format.number(pick), chosen: format.number(chosen.length) })
          : t('pickAny')}
      </p>
      <div className={css.options}>
        {options.map((option) => (
          <Checkbox
            key={option.id}
            checked={chosen.includes(option.id)}
            disabled={disabled}
            label={<InlineText doc={option.text} />}
            className={css.option ?? ''}
            onChange={() => change(toggled(chosen, option.id, options))}
          />
        ))}
      </div>
      {error && (
        <p className={css.fault} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** Whether a select can show it whole: formulas and pictures it cannot. */
const isPlain = (item: Labelled) =>
  typeof item.text === 'string' || !/"type":"(math_|image|codeBlock)/.test(JSON.stringify(item.text));

function Match({ task, answer, change, left, error, labelledBy, disabled = false }: FieldProps) {
  const { t } = useTranslation('tasks');
  const { left: lefts, right: rights, reuse } = matchBody(task.body);
  const pairs = pairsOf(answer);
  const id = useId();
  const lettered = !rights.every(isPlain);
  const names = rights.map((item, index) => ({
    value: item.id,
    label: isPlain(item) ? `${letter(index)}. ${plainText(item.text)}` : letter(index),
  }));
  return (
    <fieldset className={css.group} aria-labelledby={labelledBy} onBlur={left}>
      {lettered && (
        <ul className={css.letters}>
          {rights.map((item, index) => (
            <li key={item.id}>
              <b>
                <bdi>{letter(index)}.</bdi>
              </b>
              <InlineText doc={item.text} />
            </li>
          ))}
        </ul>
      )}
      <p className={css.pick}>{reuse ? t('matchReuse') : t('matchOnce')}</p>
      <ul className={css.pairs}>
        {lefts.map((item, index) => (
          <li key={item.id}>
            <span id={`${id}-${index}`} className={css.left}>
              <InlineText doc={item.text} />
            </span>
            <NativeSelect
              aria-labelledby={`${id}-${index}`}
              value={pairs[item.id] ?? ''}
              disabled={disabled}
              data={[{ value: '', label: t('choosePair') }, ...names]}
              onChange={(event) =>
                change(paired(pairs, item.id, event.currentTarget.value || undefined, reuse))
              }
            />
          </li>
        ))}
      </ul>
      {error && (
        <p className={css.fault} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

function Free({ task, answer, change, left, error, labelledBy, disabled = false }: FieldProps) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const text = textOf(answer);
  const most = mostOf(task.body);
  const used = count(text);
  const hint = useId();
  return (
    <div>
      <Textarea
        aria-labelledby={labelledBy}
        autosize
        minRows={6}
        maxRows={24}
        attributes={{ input: { dir: text ? 'auto' : undefined, 'aria-describedby': hint } }}
        value={text}
        error={error}
        errorProps={{ role: 'alert' }}
        disabled={disabled}
        onChange={(event) => change(event.currentTarget.value)}
        onBlur={left}
      />
      <p id={hint} className={`${css.count} ${used > most ? css.over : ''}`}>
        {used > most
          ? t('tooLong', { count: used - most, value: format.number(used - most) })
          : t('counted', { used: format.number(used), most: format.number(most) })}
      </p>
    </div>
  );
}
