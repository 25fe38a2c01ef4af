import { Button, Checkbox, PasswordInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { queryClient } from '~/app/queries';
import { useForm } from '~/ui/form';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import css from './ProfilePage.module.css';
import * as rules from './rules';
import { sessionsKey } from './SessionsPart';
import { type Me, meQuery } from './session';
import { useSay } from './useEntry';

const empty = { current_password: '', new_password: '' };

export function PasswordPart({ me }: { me: Me }) {
  const { t } = useTranslation('identity');
  const errorText = useErrorText();
  const [endOthers, setEndOthers] = useState(true);
  const checks = useMemo(
    () => ({
      current_password: (text: string) => (me.has_password ? rules.required(text, 128) : undefined),
      new_password: rules.newPassword,
    }),
    [me.has_password],
  );
  const form = useForm({
    start: empty,
    rules: checks,
    say: useSay(),
    send: async ({ current_password, new_password }) => {
      await api.POST('/me/password', {
        body: {
          new_password,
          ...(me.has_password ? { current_password } : {}),
          end_others: endOthers,
        },
      });
      form.setValues(empty);
      toast({ text: t('profile.passwordChanged') });
      void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: sessionsKey });
    },
  });
  return (
    <section className={css.part}>
      <div>
        <h2>{t('profile.password')}</h2>
        {!me.has_password && <p className={css.lead}>{t('profile.passwordNone')}</p>}
      </div>
      <form ref={form.form} onSubmit={form.submit} noValidate className={css.form}>
        {/* Password managers want to know whose password this is. */}
        <input type="text" name="username" autoComplete="username" value={me.email} readOnly hidden />
        {me.has_password && (
          <PasswordInput
            {...form.field('current_password')}
            label={t('field.currentPassword')}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': t('field.passwordShow') }}
          />
        )}
        <PasswordInput
          {...form.field('new_password')}
          label={t('field.newPassword')}
          description={t('field.passwordHelp')}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('field.passwordShow') }}
        />
        <Checkbox
          checked={endOthers}
          onChange={(event) => setEndOthers(event.currentTarget.checked)}
          label={t('profile.endOthers')}
        />
        {form.failure !== undefined && <Note tone="bad">{errorText(form.failure)}</Note>}
        <Button type="submit" variant="default" aria-busy={form.busy}>
          {t(me.has_password ? 'profile.passwordChange' : 'profile.passwordSet')}
        </Button>
      </form>
    </section>
  );
}
