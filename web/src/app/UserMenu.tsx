// The menu of somebody who is signed in. Its code comes after the page.
import { Menu } from '@mantine/core';
import {
  IconBooks,
  IconLogout,
  IconMessageQuestion,
  IconSchool,
  IconSpeakerphone,
  IconUserCircle,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { isStaff } from '~/features/identity/roles';
import { type Me, signOut } from '~/features/identity/session';
import { teachesQuery } from '~/features/studio/queries';
import { Initials } from '~/ui/Initials';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useLocale } from '~/ui/useFormat';
import { phone, useMedia } from '~/ui/useMedia';
import css from './Frame.module.css';
import { fullName } from './fullName';
import { LanguageItems, useChooseLocale } from './LanguageMenu';

// Few people have these; the page does not wait for them, nor break without them.
const StaffItems = lazy(() =>
  import('./StaffItems').then(
    (file) => ({ default: file.StaffItems }),
    () => ({ default: () => null }),
  ),
);

export function UserMenu({ me }: { me: Me }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const errorText = useErrorText();
  const locale = useLocale();
  const choose = useChooseLocale();
  // There the header has no room for a menu of its own.
  const small = useMedia(phone);
  const name = fullName(me);
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
        {isStaff(me.roles) ? (
          <Suspense fallback={null}>
            <StaffItems roles={me.roles} />
          </Suspense>
        ) : (
          <QuestionsItem />
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

/** The desk of those who teach: everybody may, and no role says who does. Asked when the menu is opened. */
function QuestionsItem() {
  const { t } = useTranslation();
  const teaches = useQuery(teachesQuery);
  if (!teaches.data) return null;
  return (
    <Menu.Item component={Link} to="/desk" leftSection={<IconMessageQuestion size={18} stroke={1.75} />}>
      {t('questions')}
    </Menu.Item>
  );
}
