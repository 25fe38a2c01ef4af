// The words for why a video failed: ours by its code, else those of the server.
import { useTranslation } from 'react-i18next';

export function useFailure(): (error: { code: string; detail: string }) => string {
  const { t, i18n } = useTranslation('errors');
  return (error) => (i18n.exists(`errors:${error.code}`) ? t(error.code as 'unknown') : error.detail);
}
