// The six digits from the mail, after registration or for signing in without a password.
import { Button, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body, type Schemas } from '~/api/client';
import { useForm } from '~/ui/form';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import css from './EntryFrame.module.css';
import * as rules from './rules';
import { useEnter, useSay } from './useEntry';

export type Challenge = Schemas['CodeSent'] & {
  email: string;
  /** Asks for a new code in the same way as the first one was asked for. */
  again: () => Promise<Schemas['CodeSent']>;
};

const codeRules = { code: rules.code };

export function CodeForm({
  challenge,
  next,
  back,
}: {
  challenge: Challenge;
  next: string | undefined;
  back: () => void;
}) {
  const { t } = useTranslation('identity');
  useTitle(t('code.title'));
  const errorText = useErrorText();
  const enter = useEnter(next);
  const [sent, setSent] = useState<Schemas['CodeSent']>(challenge);
  const form = useForm({
    start: { code: '' },
    rules: codeRules,
    say: useSay(),
    send: async ({ code }) => {
      enter(
        await body(
          api.POST('/auth/verify', { body: { challenge: sent.challenge, code: rules.digits(code) } }),
        ),
      );
    },
  });
  return (
    <>
      <h1>{t('code.title')}</h1>
      <p className={css.lead}>{t('code.text', { email: `\u2068${challenge.email}\u2069` })}</p>
      <form ref={form.form} onSubmit={form.submit} noValidate>
        <TextInput
          {...form.field('code')}
          label={t('field.code')}
          description={t('code.never')}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          dir="ltr"
          inputMode="numeric"
          autoComplete="one-time-code"
          autoFocus
        />
        {form.failure !== undefined && <Note tone="bad">{errorText(form.failure)}</Note>}
        <Button type="submit" size="lg" fullWidth aria-busy={form.busy}>
          {t(form.busy ? 'code.busy' : 'code.submit')}
        </Button>
        <Resend
          key={sent.challenge}
          seconds={sent.resend_after_s}
          send={async () => {
            setSent(await challenge.again());
            form.set('code', '');
            form.setFailure(undefined);
            toast({ text: t('code.resent') });
          }}
        />
        <Button variant="subtle" fullWidth onClick={back}>
          {t('code.other')}
        </Button>
      </form>
    </>
  );
}

/** A new code may be asked for after a while; until then the time that is left stands in the button's place. */
function Resend({ seconds, send }: { seconds: number; send: () => Promise<void> }) {
  const { t } = useTranslation('identity');
  const format = useFormat();
  const errorText = useErrorText();
  const [left, setLeft] = useState(seconds);
  const [failure, setFailure] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const until = Date.now() + seconds * 1000;
    const timer = setInterval(() => {
      const remaining = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      setLeft(remaining);
      if (remaining === 0) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [seconds]);
  if (left > 0) return <p className="meta mut num">{t('code.resendIn', { span: format.span(left) })}</p>;
  return (
    <>
      {failure !== undefined && <Note tone="bad">{errorText(failure)}</Note>}
      <Button
        variant="default"
        fullWidth
        aria-busy={busy}
        onClick={() => {
          if (busy) return;
          setBusy(true);
          send().catch((error: unknown) => {
            setFailure(error);
            setBusy(false);
          });
        }}
      >
        {t('code.resend')}
      </Button>
    </>
  );
}
