// The last net: a fault in rendering leaves words and a way out, never a blank page.
import { Button } from '@mantine/core';
import { IconAlertTriangle, IconCloudOff, IconRefresh } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { Component, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { State } from '~/ui/State';
import { PageUnreachable, reachable } from './lazyPage';

export class Crash extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error: error ?? new Error('unknown') };
  }

  override render() {
    return this.state.error === undefined ? this.props.children : <Crashed error={this.state.error} />;
  }
}

const noCode = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|Importing a module script/.test(error.message);

type Props = { error?: unknown; reset?: () => void };

/** Code that did not come is said as what it is: no network (try again, here), or gone after a release (reload). */
export function Crashed({ error, reset }: Props) {
  const { t } = useTranslation(['common', 'errors']);
  const unreachable = error instanceof PageUnreachable;
  const asked = noCode(error);
  const [answers, setAnswers] = useState<boolean | undefined>(undefined);
  useEffect(() => {
    if (!asked) return;
    let stale = false;
    void reachable().then((yes) => {
      if (!stale) setAnswers(yes);
    });
    return () => {
      stale = true;
    };
  }, [asked]);
  if (asked && answers === undefined) return null;
  if (unreachable || (asked && !answers)) return <NoNetwork reset={reset} />;
  return (
    <State
      page
      icon={asked ? <IconRefresh size={28} stroke={1.5} /> : <IconAlertTriangle size={28} stroke={1.5} />}
      title={asked ? t('state.newVersion') : t('state.crash')}
      action={<Button onClick={() => location.reload()}>{t('state.reload')}</Button>}
    >
      {asked ? t('state.newVersionText') : t('state.crashText')}
    </State>
  );
}

function NoNetwork({ reset }: { reset: (() => void) | undefined }) {
  const { t } = useTranslation(['common', 'errors']);
  return (
    <State
      page
      icon={<IconCloudOff size={28} stroke={1.5} />}
      title={t('offline.title')}
      action={
        <Button variant="default" onClick={() => (reset ? reset() : location.reload())}>
          {t('retry')}
        </Button>
      }
    >
      {t('errors:network')}
    </State>
  );
}

/** The router's error page: another attempt fetches the page again, at the same address. */
export function RouteCrashed({ error, reset }: { error: unknown; reset: () => void }) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return <Crashed error={error} reset={again} />;
}
