// When a number is right: values, tolerance, ranges, units, and which ways of writing are taken.
import { Checkbox, NativeSelect, NumberInput, SegmentedControl, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { NumberKey } from '~/features/tasks/contract';
import { Rows } from './Rows';
import css from './TaskEditor.module.css';

type Props = { value: NumberKey; change: (key: NumberKey) => void };

/** A field of an exact number: it goes as it is typed, since a float would not keep it. */
function Exact({
  label,
  value,
  change,
  description,
}: {
  label: string;
  value: string | null;
  change: (value: string | null) => void;
  description?: string;
}) {
  return (
    <TextInput
      label={label}
      {...(description ? { description } : {})}
      inputMode="decimal"
      autoComplete="off"
      maxLength={64}
      attributes={{ input: { dir: 'ltr' } }}
      value={value ?? ''}
      onChange={(event) => change(event.currentTarget.value.replaceAll(',', '.') || null)}
    />
  );
}

export function NumberKeyFields({ value: key, change }: Props) {
  const { t } = useTranslation('taskEditor');
  const set = (part: Partial<NumberKey>) => change({ ...key, ...part });
  return (
    <>
      <div className={css.field}>
        <span className={css.label}>{t('number.values')}</span>
        <Rows
          rows={key.values}
          keyOf={(_value, index) => String(index)}
          change={(values) => set({ values })}
          add={() => ''}
          addWords={t('number.addValue')}
          least={key.intervals.length > 0 ? 0 : 1}
          draw={(value, index) => (
            <TextInput
              className={css.grow ?? ''}
              aria-label={t('number.value', { number: index + 1 })}
              inputMode="decimal"
              autoComplete="off"
              maxLength={64}
              attributes={{ input: { dir: 'ltr' } }}
              value={value}
              onChange={(event) => {
                const typed = event.currentTarget.value.replaceAll(',', '.');
                set({ values: key.values.map((old, at) => (at === index ? typed : old)) });
              }}
            />
          )}
        />
        {key.values.length > 1 && (
          <SegmentedControl
            className={css.fit ?? ''}
            aria-label={t('number.mode')}
            value={key.mode}
            onChange={(mode) => set({ mode: mode === 'all' ? 'all' : 'any' })}
            data={[
              { value: 'any', label: t('number.any') },
              { value: 'all', label: t('number.allOf') },
            ]}
          />
        )}
      </div>
      <div className={css.three}>
        <Exact label={t('number.abs')} value={key.abs} change={(abs) => set({ abs })} />
        <Exact
          label={t('number.rel')}
          description={t('number.relHelp')}
          value={key.rel}
          change={(rel) => set({ rel })}
        />
        <NumberInput
          label={t('number.digits')}
          value={key.digits ?? ''}
          min={1}
          max={30}
          allowDecimal={false}
          allowNegative={false}
          onChange={(digits) => set({ digits: typeof digits === 'number' ? digits : null })}
        />
      </div>
      {key.digits !== null && (
        <Checkbox
          label={t('number.minGiven')}
          checked={key.min_given}
          onChange={(event) => set({ min_given: event.currentTarget.checked })}
        />
      )}
      <div className={css.field}>
        <span className={css.label}>{t('number.intervals')}</span>
        <Rows
          rows={key.intervals}
          keyOf={(_row, index) => String(index)}
          change={(intervals) => set({ intervals })}
          add={() => ({ from: null, to: null, from_open: false, to_open: false })}
          addWords={t('number.addInterval')}
          draw={(row, index) => {
            const put = (part: Partial<typeof row>) =>
              set({ intervals: key.intervals.map((old, at) => (at === index ? { ...old, ...part } : old)) });
            return (
              <div className={css.interval}>
                <Exact label={t('number.from')} value={row.from} change={(from) => put({ from })} />
                <Checkbox
                  label={t('number.without')}
                  aria-label={t('number.fromOpen')}
                  checked={row.from_open}
                  onChange={(event) => put({ from_open: event.currentTarget.checked })}
                />
                <Exact label={t('number.to')} value={row.to} change={(to) => put({ to })} />
                <Checkbox
                  label={t('number.without')}
                  aria-label={t('number.toOpen')}
                  checked={row.to_open}
                  onChange={(event) => put({ to_open: event.currentTarget.checked })}
                />
              </div>
            );
          }}
        />
      </div>
      <div className={css.three}>
        <NativeSelect
          label={t('number.fractions')}
          value={key.fractions}
          data={(['allow', 'require_reduced', 'forbid'] as const).map((name) => ({
            value: name,
            label: t(`number.fraction.${name}`),
          }))}
          onChange={(event) => set({ fractions: event.currentTarget.value as NumberKey['fractions'] })}
        />
        <NativeSelect
          label={t('number.percentSign')}
          value={key.percent}
          data={(['reject', 'number', 'fraction'] as const).map((name) => ({
            value: name,
            label: t(`number.percent.${name}`),
          }))}
          onChange={(event) => set({ percent: event.currentTarget.value as NumberKey['percent'] })}
        />
        <NativeSelect
          label={t('number.unit')}
          value={key.unit}
          data={(['none', 'optional', 'required'] as const).map((name) => ({
            value: name,
            label: t(`number.units.${name}`),
          }))}
          onChange={(event) => {
            const unit = event.currentTarget.value as NumberKey['unit'];
            const units = key.units.length > 0 ? key.units : [{ spelling: '', factor: '1' }];
            set({ unit, units: unit === 'none' ? [] : units });
          }}
        />
      </div>
      {key.unit !== 'none' && (
        <div className={css.field}>
          <span className={css.label}>{t('number.unitList')}</span>
          <span className={css.help}>{t('number.unitHelp')}</span>
          <Rows
            rows={key.units}
            keyOf={(_row, index) => String(index)}
            change={(units) => set({ units })}
            add={() => ({ spelling: '', factor: '1' })}
            addWords={t('number.addUnit')}
            least={1}
            draw={(row, index) => {
              const put = (part: Partial<typeof row>) =>
                set({ units: key.units.map((old, at) => (at === index ? { ...old, ...part } : old)) });
              return (
                <div className={css.pair}>
                  <TextInput
                    label={t('number.spelling')}
                    value={row.spelling}
                    maxLength={32}
                    onChange={(event) => put({ spelling: event.currentTarget.value })}
                  />
                  <Exact
                    label={t('number.factor')}
                    value={row.factor}
                    change={(factor) => put({ factor: factor ?? '' })}
                  />
                </div>
              );
            }}
          />
        </div>
      )}
    </>
  );
}
