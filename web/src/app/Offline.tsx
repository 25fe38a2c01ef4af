// A line at the top while the browser has no network, and a word when it is back.
import { IconCloudOff } from '@tabler/icons-react';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { toast } from '~/ui/toast';
import css from './Frame.module.css';

function listen(hear: () => void) {
  addEventListener('online', hear);
  addEventListener('offline', hear);
  return () => {
    removeEventListener('online', hear);
    removeEventListener('offline', hear);
  };
}

export const useOnline = (): boolean => useSyncExternalStore(listen, () => navigator.onLine);

export function Offline() {
  const { t } = useTranslation();
  const online = useOnline();
  const before = useRef(online);
  useEffect(() => {
    if (online && !before.current) toast({ text: t('offline.back') });
    before.current = online;
  }, [online, t]);
  return (
    <div role="status">
      {!online && (
        <p className={css.offline}>
          <IconCloudOff size={18} stroke={1.75} aria-hidden />
          <span>
            <b>{t('offline.title')}.</b> {t('offline.text')}
          </span>
        </p>
      )}
    </div>
  );
}
