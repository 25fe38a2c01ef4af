// The language of the interface, in the profile: chosen at once, here and wherever this person signs in.
import { NativeSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useChooseLocale } from '~/app/LanguageMenu';
import { isLocale } from '~/i18n';
import { localeNames, locales } from '~/i18n/format';
import { useLocale } from '~/ui/useFormat';
import css from './ProfilePage.module.css';

const names = locales.map((value) => ({ value, label: localeNames[value] }));

export function LanguagePart() {
  const { t } = useTranslation();
  const current = useLocale();
  const choose = useChooseLocale();
  return (
    <section className={css.part}>
      <h2 id="profile-language">{t('language')}</h2>
      <NativeSelect
        aria-labelledby="profile-language"
        data={names}
        value={current}
        onChange={({ currentTarget: { value } }) => {
          if (isLocale(value)) void choose(value);
        }}
      />
    </section>
  );
}
