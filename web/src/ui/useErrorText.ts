// The words for a failure: ours by its code, else the server's own sentence, else a general one.
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
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
      // Several fields at fault: their sentences say more than the general one.
      if (error.fields.length > 0) return error.fields.map((field) => field.message).join(' ');
      return error.detail ?? t(error.status >= 500 ? 'unavailable' : 'unknown');
    },
    [t, i18n, locale],
  );
}
