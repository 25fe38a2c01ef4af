// The words for a failure: ours by its code, else the server's own sentence, else a general one.
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { type FieldProblem, isApiError } from '~/api/error';
import { formatSpan } from '~/i18n/format';
import { useLocale } from './useFormat';

export function useErrorText() {
  const { t, i18n } = useTranslation('errors');
  const locale = useLocale();
  return useCallback(
    (error: unknown): string => {
      if (!isApiError(error)) return t('unknown');
      if (error.code === 'rate_limited' && error.retryAfterSeconds !== undefined) {
        return t('rate_limited_wait', { span: formatSpan(locale, error.retryAfterSeconds) });
      }
      if (i18n.exists(`errors:${error.code}`)) return t(error.code as 'unknown');
      return error.detail ?? t(error.status >= 500 ? 'unavailable' : 'unknown');
    },
    [t, i18n, locale],
  );
}

/** The words for one field at fault. The server's own sentence is English and may say more, so English keeps it. */
export function useFieldText() {
  const { t, i18n } = useTranslation('errors');
  const locale = useLocale();
  return useCallback(
    (problem: FieldProblem): string => {
      const known = i18n.exists(`errors:${problem.code}`);
      return known && (locale !== 'en' || !problem.message) ? t(problem.code as 'unknown') : problem.message;
    },
    [t, i18n, locale],
  );
}
