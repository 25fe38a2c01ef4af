// Options, items and pairs with their key: one of many, several of many, order, match.
import { Checkbox, NativeSelect, NumberInput, Radio, Switch, TextInput } from '@mantine/core';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { letter } from '~/features/tasks/answer';
import {
  type ChoiceBody,
  type ChoiceKey,
  choiceMethods,
  type Labelled,
  type MatchBody,
  type MatchKey,
  type OrderBody,
  type OrderKey,
  orderMethods,
} from '~/features/tasks/contract';
import { plainText } from '~/ui/RichText';
import { inOrder, newOption, withItems, withOptions, withRight, withSides } from './fresh';
import { OptionField } from './OptionField';
import { Rows } from './Rows';
import css from './TaskEditor.module.css';

/** The server takes so many. */
const MOST = 100;

const replaced = (items: readonly Labelled[], next: Labelled): Labelled[] =>
  items.map((item) => (item.id === next.id ? next : item));

type Choice = { body: ChoiceBody; key: ChoiceKey };

export function ChoiceFields({
  several,
  value,
  change,
}: {
  several: boolean;
  value: Choice;
  change: (value: Choice) => void;
}) {
  const { t } = useTranslation('taskEditor');
  const name = useId();
  const { body, key } = value;
  const setKey = (part: Partial<ChoiceKey>) => change({ body, key: { ...key, ...part } });
  const setBody = (part: Partial<ChoiceBody>) => change({ body: { ...body, ...part }, key });
  return (
    <>
      <div className={css.field}>
        <span className={css.label}>{t('choice.options')}</span>
        <span className={css.help}>{t(several ? 'choice.severalHelp' : 'choice.oneHelp')}</span>
        <Rows
          rows={body.options}
          keyOf={({ id }) => id}
          change={(options) => change(withOptions(value, options))}
          add={body.options.length < MOST ? () => newOption() : undefined}
          addWords={t('choice.add')}
          least={2}
          ordered
          draw={(option, index) => {
            const right = key.right.includes(option.id);
            const label = t('choice.isRight', { number: index + 1 });
            const flip = () => change({ body, key: withRight(key, option.id, several) });
            return (
              <>
                {several ? (
                  <Checkbox aria-label={label} checked={right} onChange={flip} />
                ) : (
                  <Radio name={name} aria-label={label} checked={right} onChange={flip} />
                )}
                <OptionField
                  label={t('choice.option', { number: index + 1 })}
                  option={option}
                  change={(next) => setBody({ options: replaced(body.options, next) })}
                />
                {several && key.method === 'weights' && (
                  <TextInput
                    className={css.weight ?? ''}
                    aria-label={t('choice.weight', { number: index + 1 })}
                    inputMode="decimal"
                    attributes={{ input: { dir: 'ltr' } }}
                    value={key.weights?.[option.id] ?? ''}
                    maxLength={16}
                    onChange={(event) => {
                      const { [option.id]: _old, ...rest } = key.weights ?? {};
                      const weight = event.currentTarget.value.replaceAll(',', '.');
                      setKey({ weights: weight ? { ...rest, [option.id]: weight } : rest });
                    }}
                  />
                )}
              </>
            );
          }}
        />
      </div>
      {several && (
        <div className={css.pair}>
          <NativeSelect
            label={t('method')}
            description={t(`choice.method.${key.method}`)}
            value={key.method}
            data={choiceMethods.map((one) => ({ value: one, label: t(`choice.methodName.${one}`) }))}
            onChange={(event) => {
              const method = event.currentTarget.value as ChoiceKey['method'];
              setKey({ method, weights: method === 'weights' ? (key.weights ?? {}) : null });
            }}
          />
          <NumberInput
            label={t('choice.pick')}
            description={t('choice.pickHelp')}
            value={body.pick ?? ''}
            min={1}
            max={body.options.length}
            allowDecimal={false}
            allowNegative={false}
            onChange={(pick) => setBody({ pick: typeof pick === 'number' ? pick : null })}
          />
        </div>
      )}
      <Switch
        label={t('choice.shuffle')}
        checked={body.shuffle ?? true}
        onChange={(event) => setBody({ shuffle: event.currentTarget.checked })}
      />
    </>
  );
}

type Order = { body: OrderBody; key: OrderKey };

export function OrderFields({ value, change }: { value: Order; change: (value: Order) => void }) {
  const { t } = useTranslation('taskEditor');
  const { key } = value;
  const items = inOrder(value.body.items, key.order);
  return (
    <>
      <div className={css.field}>
        <span className={css.label}>{t('order.items')}</span>
        <span className={css.help}>{t('order.help')}</span>
        <Rows
          rows={items}
          keyOf={({ id }) => id}
          change={(next) => change(withItems(next, key))}
          add={items.length < MOST ? () => newOption() : undefined}
          addWords={t('order.add')}
          least={2}
          ordered
          draw={(item, index) => (
            <>
              <span className={css.place}>{index + 1}</span>
              <OptionField
                label={t('order.item', { number: index + 1 })}
                option={item}
                change={(next) => change(withItems(replaced(items, next), key))}
              />
            </>
          )}
        />
      </div>
      <NativeSelect
        className={css.half ?? ''}
        label={t('method')}
        description={t(`order.method.${key.method}`)}
        value={key.method}
        data={orderMethods.map((one) => ({ value: one, label: t(`order.methodName.${one}`) }))}
        onChange={(event) =>
          change({ ...value, key: { ...key, method: event.currentTarget.value as OrderKey['method'] } })
        }
      />
    </>
  );
}

type Match = { body: MatchBody; key: MatchKey };

export function MatchFields({ value, change }: { value: Match; change: (value: Match) => void }) {
  const { t } = useTranslation('taskEditor');
  const { body, key } = value;
  const rights = body.right.map((item, index) => ({
    value: item.id,
    label: `${letter(index)}. ${plainText(item.text)}`,
  }));
  return (
    <>
      <div className={css.field}>
        <span className={css.label}>{t('match.right')}</span>
        {/* Their order is the server's, so that it says nothing about the pairs: there is none to set. */}
        <span className={css.help}>
          {t('match.rightHelp')} {t('order.help')}
        </span>
        <Rows
          rows={body.right}
          keyOf={({ id }) => id}
          change={(right) => change(withSides(value, { right }))}
          add={body.right.length < MOST ? () => newOption() : undefined}
          addWords={t('match.addRight')}
          least={2}
          draw={(item, index) => (
            <>
              <span className={css.place}>{letter(index)}</span>
              <OptionField
                label={t('match.rightItem', { letter: letter(index) })}
                option={item}
                change={(next) => change(withSides(value, { right: replaced(body.right, next) }))}
              />
            </>
          )}
        />
      </div>
      <div className={css.field}>
        <span className={css.label}>{t('match.left')}</span>
        <Rows
          rows={body.left}
          keyOf={({ id }) => id}
          change={(left) => change(withSides(value, { left }))}
          add={body.left.length < MOST ? () => newOption() : undefined}
          addWords={t('match.addLeft')}
          least={1}
          ordered
          draw={(item, index) => (
            <>
              <OptionField
                label={t('match.leftItem', { number: index + 1 })}
                option={item}
                change={(next) => change(withSides(value, { left: replaced(body.left, next) }))}
              />
              <NativeSelect
                className={css.partner ?? ''}
                aria-label={t('match.pairOf', { number: index + 1 })}
                value={key.pairs[item.id] ?? ''}
                data={[{ value: '', label: t('match.choose') }, ...rights]}
                onChange={(event) => {
                  const { [item.id]: _old, ...rest } = key.pairs;
                  const right = event.currentTarget.value;
                  change({ body, key: { ...key, pairs: right ? { ...rest, [item.id]: right } : rest } });
                }}
              />
            </>
          )}
        />
      </div>
      <Switch
        label={t('match.reuse')}
        checked={key.reuse}
        onChange={(event) => {
          const reuse = event.currentTarget.checked;
          change({ body: { ...body, reuse }, key: { ...key, reuse } });
        }}
      />
    </>
  );
}
