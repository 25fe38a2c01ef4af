// The last net: a fault in rendering leaves words and a way out, never a blank page.
import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { State } from '~/ui/State';

export class Crash extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Crashed /> : this.props.children;
  }
}

/** Also the router's error page; a chunk that is gone after a release is said as what it is. */
export function Crashed({ error }: { error?: unknown }) {
  const { t } = useTranslation();
  const old =
    error instanceof Error && /dynamically imported module|Importing a module script/.test(error.message);
  return (
    <State
      page
      icon={<IconAlertTriangle size={28} stroke={1.5} />}
      title={old ? t('state.newVersion') : t('state.crash')}
      action={<Button onClick={() => location.reload()}>{t('state.reload')}</Button>}
    >
      {t('state.crashText')}
    </State>
  );
}
