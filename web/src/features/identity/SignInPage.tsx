// Sign-in by password or by a code from the mail.
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { useConfig } from '~/app/config';
import { useForm } from '~/ui/form';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import { useTitle } from '~/ui/useTitle';
import { type Challenge, CodeForm } from './CodeForm';
import { EntryFrame } from './EntryFrame';
import css from './EntryFrame.module.css';
import * as rules from './rules';
import { sessionWasEnded, useSession } from './session';
import { useEnter, useSay } from './useEntry';

const route = getRouteApi('/sign-in');
const passwordRules = { email: rules.email, password: (text: string) => rules.required(text, 128) };
const codeRules = { email: rules.email };

export function SignInPage() {
  const { t } = useTranslation('identity');
  useTitle(t('signIn.title'));
  const { next } = route.useSearch();
  const config = useConfig();
  const { state } = useSession();
  // The address goes along when the way of signing in changes: nothing typed is lost.
  const [email, setEmail] = useState('');
  const [way, setWay] = useState<'password' | 'code' | undefined>(undefined);
  const [challenge, setChallenge] = useState<Challenge | undefined>(undefined);
  const both = !config || (config.sign_in.password && config.sign_in.code);
  const byCode = way === 'code' || (!way && config !== undefined && !config.sign_in.password);

  // Somebody who is in already (in another tab, perhaps) goes on at once.
  if (state === 'user') return <GoOn to={next ?? '/'} />;
  if (challenge) {
    return (
      <EntryFrame>
        <CodeForm challenge={challenge} next={next} back={() => setChallenge(undefined)} />
      </EntryFrame>
    );
  }
  const other = both ? (
    <Button variant="default" fullWidth onClick={() => setWay(byCode ? 'password' : 'code')}>
      {t(byCode ? 'signIn.byPassword' : 'signIn.byCode')}
    </Button>
  ) : null;
  return (
    <EntryFrame>
      <h1>{t('signIn.title')}</h1>
      <p className={css.lead}>
        {t('signIn.noAccount')}{' '}
        <Link to="/register" search={next ? { next } : {}} className="link">
          {t('register.title')}
        </Link>
      </p>
      {sessionWasEnded() && (
        <div className={css.ended}>
          <Note>{t('signIn.again')}</Note>
        </div>
      )}
      {byCode ? (
        <ByCode start={email} keep={setEmail} done={setChallenge} other={other} />
      ) : (
        <ByPassword start={email} keep={setEmail} next={next} other={other} />
      )}
    </EntryFrame>
  );
}

function GoOn({ to }: { to: string }) {
  const navigate = useNavigate();
  useEffect(() => void navigate({ href: to, replace: true }), [navigate, to]);
  return null;
}

type Way = { start: string; keep: (email: string) => void; other: React.ReactNode };

function ByPassword({ start, keep, next, other }: Way & { next: string | undefined }) {
  const { t } = useTranslation('identity');
  const errorText = useErrorText();
  const enter = useEnter(next);
  const form = useForm({
    start: { email: start, password: '' },
    rules: passwordRules,
    say: useSay(),
    send: async ({ email, password }) => {
      enter(await body(api.POST('/auth/login', { body: { email: email.trim(), password } })));
    },
  });
  return (
    <form ref={form.form} onSubmit={form.submit} noValidate>
      <Email field={form.field('email')} keep={keep} />
      <PasswordInput
        {...form.field('password')}
        label={
          <span className={css.labelRow}>
            {t('field.password')}
            <Link to="/forgot" className="link meta" tabIndex={0}>
              {t('signIn.forgot')}
            </Link>
          </span>
        }
        labelProps={{ style: { width: '100%' } }}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t('field.passwordShow') }}
      />
      {form.failure !== undefined && <Note tone="bad">{errorText(form.failure)}</Note>}
      <Button type="submit" size="lg" fullWidth aria-busy={form.busy}>
        {t(form.busy ? 'signIn.busy' : 'signIn.submit')}
      </Button>
      {other}
    </form>
  );
}

function ByCode({ start, keep, done, other }: Way & { done: (challenge: Challenge) => void }) {
  const { t } = useTranslation('identity');
  const errorText = useErrorText();
  const form = useForm({
    start: { email: start },
    rules: codeRules,
    say: useSay(),
    send: async ({ email }) => {
      const ask = () => body(api.POST('/auth/code', { body: { email: email.trim() } }));
      done({ ...(await ask()), email: email.trim(), again: ask });
    },
  });
  return (
    <form ref={form.form} onSubmit={form.submit} noValidate>
      <Email field={form.field('email')} keep={keep} />
      {form.failure !== undefined && <Note tone="bad">{errorText(form.failure)}</Note>}
      <Button type="submit" size="lg" fullWidth aria-busy={form.busy}>
        {t(form.busy ? 'register.busy' : 'signIn.sendCode')}
      </Button>
      {other}
    </form>
  );
}

type FieldProps = ReturnType<ReturnType<typeof useForm<{ email: string }, rules.Problem>>['field']>;

function Email({ field, keep }: { field: FieldProps; keep: (email: string) => void }) {
  const { t } = useTranslation('identity');
  return (
    <TextInput
      {...field}
      onChange={(event) => {
        field.onChange(event);
        keep(event.currentTarget.value);
      }}
      label={t('field.email')}
      type="email"
      inputMode="email"
      dir="ltr"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
    />
  );
}
