// When a short text is right: variants, patterns, and how exact the spelling must be.
import { Checkbox, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { TextKey } from '~/features/tasks/contract';
import { asTyped } from '~/ui/typedDir';
import { Rows } from './Rows';
import css from './TaskEditor.module.css';

const folds = [
  'case_sensitive',
  'lookalikes',
  'yo_distinct',
  'ignore_spaces',
  'digits_any_order',
  'near_miss',
] as const;

export function TextKeyFields({ value: key, change }: { value: TextKey; change: (key: TextKey) => void }) {
  const { t } = useTranslation('taskEditor');
  const set = (part: Partial<TextKey>) => change({ ...key, ...part });
  const more = <R extends { score: string; feedback: string | null }>(
    row: R,
    put: (part: Partial<R>) => void,
  ) => (
    <div className={css.pair}>
      <TextInput
        label={t('text.score')}
        inputMode="decimal"
        attributes={{ input: { dir: 'ltr' } }}
        value={row.score}
        maxLength={16}
        onChange={(event) => put({ score: event.currentTarget.value.replaceAll(',', '.') } as Partial<R>)}
      />
      <TextInput
        label={t('text.feedback')}
        value={row.feedback ?? ''}
        maxLength={500}
        {...asTyped(row.feedback)}
        onChange={(event) => put({ feedback: event.currentTarget.value || null } as Partial<R>)}
      />
    </div>
  );
  return (
    <>
      <div className={css.field}>
        <span className={css.label}>{t('text.variants')}</span>
        <span className={css.help}>{t('text.variantsHelp')}</span>
        <Rows
          rows={key.variants}
          keyOf={(_row, index) => String(index)}
          change={(variants) => set({ variants })}
          add={() => ({ text: '', score: '1', feedback: null })}
          addWords={t('text.addVariant')}
          least={key.patterns.length > 0 ? 0 : 1}
          draw={(row, index) => {
            const put = (part: Partial<typeof row>) =>
              set({ variants: key.variants.map((old, at) => (at === index ? { ...old, ...part } : old)) });
            return (
              <div className={css.wide}>
                <TextInput
                  aria-label={t('text.variant', { number: index + 1 })}
                  placeholder={t('text.variant', { number: index + 1 })}
                  value={row.text}
                  maxLength={1000}
                  {...asTyped(row.text)}
                  onChange={(event) => put({ text: event.currentTarget.value })}
                />
                {more(row, put)}
              </div>
            );
          }}
        />
      </div>
      <div className={css.field}>
        <span className={css.label}>{t('text.patterns')}</span>
        <span className={css.help}>{t('text.patternsHelp')}</span>
        <Rows
          rows={key.patterns}
          keyOf={(_row, index) => String(index)}
          change={(patterns) => set({ patterns })}
          add={key.patterns.length < 10 ? () => ({ pattern: '', score: '1', feedback: null }) : undefined}
          addWords={t('text.addPattern')}
          draw={(row, index) => {
            const put = (part: Partial<typeof row>) =>
              set({ patterns: key.patterns.map((old, at) => (at === index ? { ...old, ...part } : old)) });
            return (
              <div className={css.wide}>
                <TextInput
                  aria-label={t('text.pattern', { number: index + 1 })}
                  placeholder={t('text.pattern', { number: index + 1 })}
                  attributes={{ input: { dir: 'ltr', spellCheck: false } }}
                  value={row.pattern}
                  maxLength={200}
                  onChange={(event) => put({ pattern: event.currentTarget.value })}
                />
                {more(row, put)}
              </div>
            );
          }}
        />
      </div>
      <fieldset className={css.checks}>
        <legend className={css.label}>{t('text.spelling')}</legend>
        {folds.map((name) => (
          <Checkbox
            key={name}
            label={t(`text.fold.${name}`)}
            checked={key[name]}
            onChange={(event) => set({ [name]: event.currentTarget.checked })}
          />
        ))}
      </fieldset>
    </>
  );
}
