// The words for an answer that the checker cannot read: it is no try.
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { hints } from './contract';

export function useHint() {
  const { t } = useTranslation('tasks');
  return useCallback(
    (hint: unknown): string => {
      const known = hints.find((name) => name === hint);
      return known ? t(`hint.${known}`) : t('hint.other');
    },
    [t],
  );
}
