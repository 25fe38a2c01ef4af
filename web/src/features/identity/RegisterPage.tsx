// Registration: names and an address, a password if one is wanted; then the code from the mail.
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { useForm } from '~/ui/form';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useLocale } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { type Challenge, CodeForm } from './CodeForm';
import { EntryFrame } from './EntryFrame';
import css from './EntryFrame.module.css';
import * as rules from './rules';
import { useSay } from './useEntry';

const route = getRouteApi('/register');
const empty = { first_name: '', last_name: '', email: '', phone: '', password: '' };

export function RegisterPage() {
  const { t } = useTranslation(['identity', 'common']);
  useTitle(t('register.title'));
  const errorText = useErrorText();
  const locale = useLocale();
  const { next } = route.useSearch();
  const [challenge, setChallenge] = useState<Challenge | undefined>(undefined);
  const checks = useMemo(
    () => ({
      first_name: (text: string) => rules.required(text),
      last_name: (text: string) => rules.required(text),
      email: rules.email,
      phone: rules.phone,
      password: (text: string) => (text ? rules.newPassword(text) : undefined),
    }),
    [],
  );
  const form = useForm({
    start: empty,
    rules: checks,
    say: useSay(),
    send: async ({ first_name, last_name, email, phone, password }) => {
      const ask = () =>
        body(
          api.POST('/auth/register', {
            body: {
              first_name: first_name.trim(),
              last_name: last_name.trim(),
              email: email.trim(),
              locale,
              ...(phone.trim() ? { phone: rules.plainPhone(phone) } : {}),
              ...(password ? { password } : {}),
            },
          }),
        );
      setChallenge({ ...(await ask()), email: email.trim(), again: ask });
    },
  });

  return (
    <EntryFrame>
      {challenge ? (
        <CodeForm challenge={challenge} next={next} back={() => setChallenge(undefined)} />
      ) : (
        <>
          <h1>{t('register.title')}</h1>
          <p className={css.lead}>
            {t('register.have')}{' '}
            <Link to="/sign-in" search={next ? { next } : {}} className="link">
              {t('signIn.submit')}
            </Link>
          </p>
          <form ref={form.form} onSubmit={form.submit} noValidate>
            <div className={css.pair}>
              <TextInput
                {...form.field('first_name')}
                label={t('field.firstName')}
                autoComplete="given-name"
                {...asTyped(form.values.first_name)}
              />
              <TextInput
                {...form.field('last_name')}
                label={t('field.lastName')}
                autoComplete="family-name"
                {...asTyped(form.values.last_name)}
              />
            </div>
            <TextInput
              {...form.field('email')}
              label={t('field.email')}
              type="email"
              inputMode="email"
              autoComplete="email"
              autoCapitalize="none"
              spellCheck={false}
              dir="ltr"
            />
            <TextInput
              {...form.field('phone')}
              label={`${t('field.phone')} (${t('common:optional')})`}
              type="tel"
              inputMode="tel"
              autoComplete="tel"
              placeholder="+998 90 123 45 67"
              dir="ltr"
            />
            <PasswordInput
              {...form.field('password')}
              label={`${t('field.newPassword')} (${t('common:optional')})`}
              description={`${t('field.passwordHelp')} ${t('field.passwordOptional')}`}
              inputWrapperOrder={['label', 'input', 'error', 'description']}
              autoComplete="new-password"
              visibilityToggleButtonProps={{ 'aria-label': t('field.passwordShow') }}
            />
            {form.failure !== undefined && <Note tone="bad">{errorText(form.failure)}</Note>}
            <Button type="submit" size="lg" fullWidth aria-busy={form.busy}>
              {t(form.busy ? 'register.busy' : 'register.submit')}
            </Button>
          </form>
        </>
      )}
    </EntryFrame>
  );
}
