// The fields that a decision about a person needs: where, for how long, why.
import { Select, Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { asTyped } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import type { Scope } from './contract';
import { REASON, type Span, spans } from './rules';

/** One day: the mean between a word of warning and a real measure. */
export const usual: Span = 86_400;

export function useSpanWords() {
  const { t } = useTranslation('moderation');
  const format = useFormat();
  return (seconds: Span): string => {
    if (seconds === null) return t('span.ever');
    const days = seconds / 86_400;
    if (days >= 1) return t('span.days', { count: days, value: format.number(days) });
    return format.span(seconds);
  };
}

export function SpanField({ value, set }: { value: Span; set: (value: Span) => void }) {
  const { t } = useTranslation('moderation');
  const words = useSpanWords();
  return (
    <Select
      label={t('field.span')}
      data={spans.map((seconds) => ({ value: String(seconds), label: words(seconds) }))}
      value={String(value)}
      allowDeselect={false}
      onChange={(chosen) => set(spans.find((seconds) => String(seconds) === chosen) ?? null)}
    />
  );
}

type ScopeProps = { scopes: readonly Scope[]; value: Scope; set: (value: Scope) => void };

export function ScopeField({ scopes, value, set }: ScopeProps) {
  const { t } = useTranslation('moderation');
  return (
    <Select
      label={t('field.scope')}
      data={scopes.map((scope) => ({ value: scope, label: t(`scope.${scope}`) }))}
      value={value}
      allowDeselect={false}
      onChange={(chosen) => set(scopes.find((scope) => scope === chosen) ?? 'room')}
    />
  );
}

type ReasonProps = {
  value: string;
  set: (value: string) => void;
  needed: boolean;
  left: boolean;
  /** Whether something is done to the room, not to a person. */
  room?: boolean;
};

export function ReasonField({ value, set, needed, left, room = false }: ReasonProps) {
  const { t } = useTranslation(['moderation', 'common']);
  return (
    <Textarea
      label={needed ? t('field.reason') : `${t('field.reason')} (${t('common:optional')})`}
      description={t(room ? 'field.reasonRoom' : needed ? 'field.reasonHelp' : 'field.reasonOwn')}
      value={value}
      maxLength={REASON}
      autosize
      minRows={2}
      maxRows={6}
      {...asTyped(value)}
      error={needed && left && !value.trim() ? t('field.missing') : undefined}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
