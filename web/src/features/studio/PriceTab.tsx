// What the course costs, and for how long it stays open.
import { NumberInput, Radio, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useConfig } from '~/app/config';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { courseDraft, useDraft } from './drafts';
import type { StudioCourse } from './queries';
import { useFault } from './useFault';

const currencies = ['UZS', 'RUB', 'ILS', 'USD', 'EUR'] as const;
/** All of these have two digits of minor units. */
const MINOR = 100;

export function PriceTab({ course }: { course: StudioCourse }) {
  const { t } = useTranslation(['studio', 'taskEditor']);
  const format = useFormat();
  const errorText = useErrorText();
  const config = useConfig();
  const draft = courseDraft(course);
  const { unsaved, status, error } = useDraft(draft);
  const value = { ...course, ...unsaved };
  const price = value.price ?? null;
  const old = value.old_price ?? null;
  const [paid, setPaid] = useState(price !== null);
  const currency = price?.currency ?? config?.currency ?? 'UZS';
  const fault = useFault(status, error);
  const money = (amount: number | string, of = currency) =>
    typeof amount === 'number' && amount > 0 ? { amount: Math.round(amount * MINOR), currency: of } : null;
  return (
    <div className={css.form}>
      <Radio.Group
        label={t('priceKind')}
        value={paid ? 'paid' : 'free'}
        onChange={(kind) => {
          setPaid(kind === 'paid');
          if (kind === 'free') draft.set({ price: null, old_price: null });
        }}
      >
        <div className={css.stack}>
          <Radio value="free" label={t('priceFree')} description={t('priceFreeHelp')} />
          <Radio value="paid" label={t('pricePaid')} description={t('pricePaidHelp')} />
        </div>
      </Radio.Group>
      {paid && (
        <>
          <div className={css.pair}>
            <NumberInput
              label={t('price')}
              value={price ? price.amount / MINOR : ''}
              min={0}
              decimalScale={2}
              thousandSeparator={format.locale === 'en' ? ',' : ' '}
              decimalSeparator={format.locale === 'en' || format.locale === 'he' ? '.' : ','}
              inputMode="decimal"
              hideControls
              error={fault('price') ?? (price ? undefined : t('priceMissing'))}
              onChange={(amount) => draft.set({ price: money(amount) })}
            />
            <Select
              label={t('currency')}
              data={[...currencies]}
              value={currency}
              allowDeselect={false}
              onChange={(to) => {
                if (!to) return;
                draft.set({
                  price: price ? { ...price, currency: to } : null,
                  old_price: old ? { ...old, currency: to } : null,
                });
              }}
            />
          </div>
          <NumberInput
            className={css.half ?? ''}
            label={t('oldPrice')}
            description={t('oldPriceHelp')}
            value={old ? old.amount / MINOR : ''}
            min={0}
            decimalScale={2}
            thousandSeparator={format.locale === 'en' ? ',' : ' '}
            decimalSeparator={format.locale === 'en' || format.locale === 'he' ? '.' : ','}
            inputMode="decimal"
            hideControls
            error={fault('old_price')}
            onChange={(amount) => draft.set({ old_price: money(amount) })}
          />
          {price && <p className="small mut">{t('shownAs', { sum: format.money(price) })}</p>}
        </>
      )}
      <Radio.Group
        label={t('access')}
        value={value.access_days === null || value.access_days === undefined ? 'ever' : 'days'}
        onChange={(kind) => draft.set({ access_days: kind === 'days' ? 365 : null })}
      >
        <div className={css.stack}>
          <Radio value="ever" label={t('accessEver')} />
          <Radio value="days" label={t('accessDays')} />
        </div>
      </Radio.Group>
      {typeof value.access_days === 'number' && (
        <NumberInput
          className={css.half ?? ''}
          label={t('days')}
          value={value.access_days}
          min={1}
          max={3650}
          allowDecimal={false}
          error={fault('access_days')}
          onChange={(days) => {
            if (typeof days === 'number') draft.set({ access_days: days });
          }}
        />
      )}
      <NumberInput
        className={css.half ?? ''}
        id="field-chat_after"
        label={t('taskEditor:courseChat')}
        description={t('taskEditor:courseChatHelp')}
        value={value.chat_after ?? ''}
        min={0}
        max={100}
        allowDecimal={false}
        allowNegative={false}
        error={fault('chat_after')}
        onChange={(after) => draft.set({ chat_after: typeof after === 'number' ? after : null })}
      />
      {status === 'refused' && isApiError(error) && error.fields.length === 0 && (
        <Note tone="bad">{errorText(error)}</Note>
      )}
    </div>
  );
}
