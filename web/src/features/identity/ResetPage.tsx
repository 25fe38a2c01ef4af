// Sets a new password by the link from the mail. The token is in the fragment of the address and is wiped from it.
import { Button, PasswordInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { useForm } from '~/ui/form';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useTitle } from '~/ui/useTitle';
import { EntryFrame } from './EntryFrame';
import css from './EntryFrame.module.css';
import * as rules from './rules';
import { useSay } from './useEntry';

const checks = { password: rules.newPassword };

/** `#token`, `#token=…` and `#/…` all occur in mail programs; what counts is the last part. */
export function tokenOf(fragment: string): string {
  return decodeURIComponent(fragment.replace(/^#\/?/, '').replace(/^token=/, ''));
}

export function ResetPage() {
  const { t } = useTranslation('identity');
  useTitle(t('reset.title'));
  const errorText = useErrorText();
  const navigate = useNavigate();
  const [token] = useState(() => tokenOf(location.hash));
  const form = useForm({
    start: { password: '' },
    rules: checks,
    say: useSay(),
    send: async ({ password }) => {
      await api.POST('/auth/password/reset', { body: { token, password } });
      toast({ text: t('reset.done') });
      void navigate({ to: '/sign-in', replace: true });
    },
  });
  if (!token) {
    return (
      <EntryFrame>
        <h1>{t('reset.noToken')}</h1>
        <p className={css.lead}>{t('reset.noTokenText')}</p>
        <LinkButton to="/forgot" size="lg" fullWidth>
          {t('reset.ask')}
        </LinkButton>
      </EntryFrame>
    );
  }
  return (
    <EntryFrame>
      <h1>{t('reset.title')}</h1>
      <p className={css.lead}>{t('field.passwordHelp')}</p>
      <form ref={form.form} onSubmit={form.submit} noValidate>
        <PasswordInput
          {...form.field('password')}
          label={t('field.newPassword')}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('field.passwordShow') }}
        />
        {form.failure !== undefined && (
          <Note tone="bad">
            {errorText(form.failure)}{' '}
            <LinkButton to="/forgot" variant="transparent" size="compact-sm">
              {t('reset.ask')}
            </LinkButton>
          </Note>
        )}
        <Button type="submit" size="lg" fullWidth aria-busy={form.busy}>
          {t('reset.submit')}
        </Button>
      </form>
    </EntryFrame>
  );
}
