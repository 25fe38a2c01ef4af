// The account at the end of the header: a way in for guests, the menu for people who are in.
import { Menu } from '@mantine/core';
import { IconBooks, IconLogout, IconSchool, IconSpeakerphone, IconUserCircle } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { isStaff } from '~/features/identity/roles';
import { signOut, useSession } from '~/features/identity/session';
import { Initials } from '~/ui/Initials';
import { LinkButton } from '~/ui/LinkButton';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useLocale } from '~/ui/useFormat';
import { phone, useMedia } from '~/ui/useMedia';
import css from './Frame.module.css';
import { LanguageItems, LanguageMenu, useChooseLocale } from './LanguageMenu';

// Few people have these; the page does not wait for them, nor break without them.
const StaffItems = lazy(() =>
  import('./StaffItems').then(
    (file) => ({ default: file.StaffItems }),
    () => ({ default: () => null }),
  ),
);

export function AccountMenu() {
  const { t } = useTranslation();
  const { state, me } = useSession();
  const navigate = useNavigate();
  const errorText = useErrorText();
  const locale = useLocale();
  const choose = useChooseLocale();
  // There the header has no room for a menu of its own.
  const small = useMedia(phone);
  // The room of the avatar is kept while the cookie is being asked, so that nothing jumps.
  if (state === 'restoring' || (state === 'user' && !me)) return <span className={css.icon} />;
  if (!me) {
    return (
      <div className={`row ${css.guest}`}>
        <LanguageMenu className="only-phone" />
        <LinkButton to="/sign-in" size="sm" variant="default">
          {t('signIn')}
        </LinkButton>
      </div>
    );
  }
  const name = `${me.first_name} ${me.last_name}`.trim() || me.email;
  const leave = async () => {
    try {
      await signOut();
      toast({ text: t('signedOut') });
      void navigate({ to: '/' });
    } catch (error) {
      toast({ text: errorText(error) });
    }
  };
  return (
    <Menu position="bottom-end" shadow="sm" width={240}>
      <Menu.Target>
        <button type="button" className={css.avatar}>
          <span className="hidden">{t('account')}</span>
          <Initials name={name} id={me.id} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <span className="clip" style={{ display: 'block' }}>
            <bdi>{name}</bdi>
          </span>
          <span className="clip" style={{ display: 'block' }}>
            <bdi>{me.email}</bdi>
          </span>
        </Menu.Label>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUserCircle size={18} stroke={1.75} />}>
          {t('profile')}
        </Menu.Item>
        <Menu.Item component={Link} to="/my/learning" leftSection={<IconSchool size={18} stroke={1.75} />}>
          {t('myLearning')}
        </Menu.Item>
        <Menu.Item component={Link} to="/studio" leftSection={<IconBooks size={18} stroke={1.75} />}>
          {t('teach')}
        </Menu.Item>
        <Menu.Item
          component={Link}
          to="/announcements"
          leftSection={<IconSpeakerphone size={18} stroke={1.75} />}
        >
          {t('announcements')}
        </Menu.Item>
        {isStaff(me.roles) && (
          <Suspense fallback={null}>
            <StaffItems roles={me.roles} />
          </Suspense>
        )}
        {small && (
          <>
            <Menu.Divider />
            <Menu.Label>{t('language')}</Menu.Label>
            <LanguageItems current={locale} choose={(chosen) => void choose(chosen)} />
          </>
        )}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={18} stroke={1.75} className="flip" />}
          onClick={() => void leave()}
        >
          {t('signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
