import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { queryClient } from '~/app/queries';
import { useForm } from '~/ui/form';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { browserZone } from '~/ui/zone';
import css from './ProfilePage.module.css';
import * as rules from './rules';
import { type Me, meQuery } from './session';
import { useSay } from './useEntry';

const ABOUT_MAX = 2000;

export function PersonPart({ me }: { me: Me }) {
  const { t } = useTranslation(['identity', 'common']);
  const errorText = useErrorText();
  const zones = useMemo(() => {
    const known = Intl.supportedValuesOf('timeZone');
    return [...new Set([me.timezone, browserZone(), ...known])].filter(Boolean);
  }, [me.timezone]);
  const checks = useMemo(
    () => ({
      first_name: (text: string) => rules.required(text),
      last_name: (text: string) => rules.required(text),
      phone: rules.phone,
      about: (text: string) => (text ? rules.required(text, ABOUT_MAX) : undefined),
    }),
    [],
  );
  const form = useForm({
    start: {
      first_name: me.first_name,
      last_name: me.last_name,
      phone: me.phone ?? '',
      timezone: me.timezone,
      about: me.about ?? '',
    },
    rules: checks,
    say: useSay(),
    send: async ({ first_name, last_name, phone, timezone, about }) => {
      const saved = await body(
        api.PATCH('/me', {
          body: {
            first_name: first_name.trim(),
            last_name: last_name.trim(),
            phone: phone.trim() ? rules.plainPhone(phone) : null,
            timezone,
            about: about.trim(),
          },
        }),
      );
      queryClient.setQueryData(meQuery.queryKey, saved);
      toast({ text: t('common:saved') });
    },
  });
  return (
    <section className={css.part}>
      <div>
        <h2>{t('profile.person')}</h2>
        <p className={css.lead}>
          <bdi>{me.email}</bdi>
          <br />
          {t(me.email_verified ? 'profile.emailHelp' : 'profile.unverified')}
        </p>
      </div>
      <form ref={form.form} onSubmit={form.submit} noValidate className={css.form}>
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
          {...form.field('phone')}
          label={`${t('field.phone')} (${t('common:optional')})`}
          type="tel"
          inputMode="tel"
          autoComplete="tel"
          dir="ltr"
        />
        <NativeSelect
          {...form.field('timezone')}
          label={t('field.timezone')}
          description={t('profile.zoneHelp')}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          data={zones}
          dir="ltr"
        />
        <Textarea
          {...form.field('about')}
          label={`${t('field.about')} (${t('common:optional')})`}
          description={t('field.aboutHelp')}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          rows={4}
          {...asTyped(form.values.about)}
        />
        {form.failure !== undefined && <Note tone="bad">{errorText(form.failure)}</Note>}
        <Button type="submit" aria-busy={form.busy}>
          {t('profile.save')}
        </Button>
      </form>
    </section>
  );
}
