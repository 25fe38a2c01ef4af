// What to say when the room refuses a deed on a message.
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { LiveError } from '~/live/protocol';
import { useErrorText } from '~/ui/useErrorText';

const known = [
  'conflict',
  'too_late',
  'rate_limited',
  'not_found',
  'lost',
  'timeout',
  'rejected',
  'read_only',
] as const;

export function useFaultText(): (error: unknown) => string {
  const { t } = useTranslation('chat');
  const errorText = useErrorText();
  return useCallback(
    (error: unknown) => {
      if (!(error instanceof LiveError)) return errorText(error);
      const code = known.find((one) => one === error.code);
      return t(`fault.${code ?? 'other'}`);
    },
    [t, errorText],
  );
}
