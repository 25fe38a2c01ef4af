// What a page or a list shows when it has nothing to show: an icon, a title, the reason in a sentence, and one action.
import { Button } from '@mantine/core';
import { IconCloudOff, IconLock, IconUserCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { LinkButton } from './LinkButton';
import css from './State.module.css';
import { useErrorText } from './useErrorText';

type Props = { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode; page?: boolean };

export function State({ icon, title, children, action, page = false }: Props) {
  const Title = page ? 'h1' : 'h2';
  return (
    <div className={page ? `page ${css.page}` : css.state}>
      <span className={css.icon} aria-hidden>
        {icon}
      </span>
      <Title className={css.title}>{title}</Title>
      {children && <p className={css.text}>{children}</p>}
      {action && <div className={css.action}>{action}</div>}
    </div>
  );
}

/** A load that failed. Says why, keeps the request number for support, and tries again. */
export function Failed({ error, retry, page }: { error: unknown; retry: () => void; page?: boolean }) {
  const { t } = useTranslation(['common', 'errors']);
  const text = useErrorText();
  if (isApiError(error) && error.status === 401) return <SignInFirst {...(page ? { page } : {})} />;
  if (isApiError(error) && error.status === 403) return <Forbidden {...(page ? { page } : {})} />;
  return (
    <State
      icon={<IconCloudOff size={28} stroke={1.5} />}
      title={t('state.error')}
      page={page ?? false}
      action={
        <Button variant="default" onClick={retry}>
          {t('retry')}
        </Button>
      }
    >
      {text(error)}
      {isApiError(error) && error.status >= 500 && error.requestId && (
        <span className={css.request}>{t('errors:request', { id: error.requestId })}</span>
      )}
    </State>
  );
}

export function Forbidden({ page }: { page?: boolean }) {
  const { t } = useTranslation(['common', 'errors']);
  return (
    <State
      icon={<IconLock size={28} stroke={1.5} />}
      title={t('state.forbidden')}
      page={page ?? false}
      action={
        <LinkButton variant="default" to="/">
          {t('state.toHome')}
        </LinkButton>
      }
    >
      {t('errors:forbidden')}
    </State>
  );
}

/** For a guest on a page that needs an account; comes back to this page after sign-in. */
export function SignInFirst({ page }: { page?: boolean }) {
  const { t } = useTranslation();
  const here = location.pathname + location.search;
  return (
    <State
      icon={<IconUserCircle size={28} stroke={1.5} />}
      title={t('state.signIn')}
      page={page ?? false}
      action={
        <LinkButton to="/sign-in" search={{ next: here }}>
          {t('signIn')}
        </LinkButton>
      }
    >
      {t('state.signInText')}
    </State>
  );
}
