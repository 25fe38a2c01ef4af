// All four languages, each by its own name. A signed-in person's choice is kept in the profile too.
import { Menu } from '@mantine/core';
import { IconCheck, IconChevronDown, IconWorld } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { meQuery, useSession } from '~/features/identity/session';
import { chooseLocale } from '~/i18n';
import { direction, type Locale, localeNames, locales } from '~/i18n/format';
import { useLocale } from '~/ui/useFormat';
import css from './Frame.module.css';
import { queryClient } from './queries';

export function useChooseLocale() {
  const { state } = useSession();
  return async (locale: Locale) => {
    await chooseLocale(locale);
    if (state !== 'user') return;
    // The page has changed already; a profile that could not be reached is no reason to change it back.
    const answer = await api.PATCH('/me', { body: { locale } }).catch(() => undefined);
    if (answer?.data) queryClient.setQueryData(meQuery.queryKey, answer.data);
  };
}

export function LanguageMenu({ className = '', full = false }: { className?: string; full?: boolean }) {
  const { t } = useTranslation();
  const current = useLocale();
  const choose = useChooseLocale();
  return (
    <Menu position="bottom-end" shadow="sm" width={180}>
      <Menu.Target>
        <button type="button" className={`${css.locale} ${className}`} title={localeNames[current]}>
          <IconWorld size={18} stroke={1.75} aria-hidden />
          <span className="hidden">{t('language')}: </span>
          <span className={full ? undefined : css.localeCode}>
            {full ? localeNames[current] : current.toUpperCase()}
          </span>
          {full && <IconChevronDown size={16} stroke={1.75} aria-hidden />}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <LanguageItems current={current} choose={(locale) => void choose(locale)} />
      </Menu.Dropdown>
    </Menu>
  );
}

export function LanguageItems({ current, choose }: { current: Locale; choose: (locale: Locale) => void }) {
  return locales.map((locale) => (
    <Menu.Item
      key={locale}
      lang={locale}
      aria-current={locale === current ? 'true' : undefined}
      rightSection={locale === current ? <IconCheck size={16} stroke={1.75} /> : undefined}
      onClick={() => choose(locale)}
    >
      <bdi dir={direction(locale)}>{localeNames[locale]}</bdi>
    </Menu.Item>
  ));
}
