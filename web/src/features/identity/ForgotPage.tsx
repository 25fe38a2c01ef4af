// Asks for the link that sets a new password. The answer is the same whether the account exists or not.
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { useForm } from '~/ui/form';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useTitle } from '~/ui/useTitle';
import { EntryFrame } from './EntryFrame';
import css from './EntryFrame.module.css';
import * as rules from './rules';
import { useSay } from './useEntry';

const checks = { email: rules.email };

export function ForgotPage() {
  const { t } = useTranslation('identity');
  useTitle(t('forgot.title'));
  const errorText = useErrorText();
  const [sentTo, setSentTo] = useState<string | undefined>(undefined);
  const form = useForm({
    start: { email: '' },
    rules: checks,
    say: useSay(),
    send: async ({ email }) => {
      await api.POST('/auth/password/forgot', { body: { email: email.trim() } });
      setSentTo(email.trim());
    },
  });
  return (
    <EntryFrame>
      <h1>{t(sentTo ? 'forgot.sent' : 'forgot.title')}</h1>
      <p className={css.lead}>
        {sentTo ? t('forgot.sentText', { email: `\u2068${sentTo}\u2069` }) : t('forgot.text')}
      </p>
      {!sentTo && (
        <form ref={form.form} onSubmit={form.submit} noValidate>
          <TextInput
            {...form.field('email')}
            label={t('field.email')}
            type="email"
            inputMode="email"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            dir="ltr"
          />
          {form.failure !== undefined && <Note tone="bad">{errorText(form.failure)}</Note>}
          <Button type="submit" size="lg" fullWidth aria-busy={form.busy}>
            {t(form.busy ? 'register.busy' : 'forgot.submit')}
          </Button>
        </form>
      )}
      <LinkButton to="/sign-in" variant="subtle" fullWidth mt="md">
        {t('forgot.toSignIn')}
      </LinkButton>
    </EntryFrame>
  );
}
