// The bar at the bottom of phones: the places that the header names on wide screens.
import { IconHome, IconLayoutGrid, IconSchool, IconUserCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import css from './Frame.module.css';
import { MessagesLink } from './MessagesLink';

export function PhoneBar() {
  const { t } = useTranslation();
  return (
    <nav className={css.bar} data-bar="places" aria-label={t('nav.main')}>
      <Link to="/" activeOptions={{ exact: true }}>
        <IconHome size={22} stroke={1.75} aria-hidden />
        {t('home')}
      </Link>
      <Link to="/catalogue" activeOptions={{ includeSearch: false }}>
        <IconLayoutGrid size={22} stroke={1.75} aria-hidden />
        {t('catalogue')}
      </Link>
      <Link to="/my/learning">
        <IconSchool size={22} stroke={1.75} aria-hidden />
        {t('myLearningShort')}
      </Link>
      <MessagesLink bar />
      <Link to="/profile">
        <IconUserCircle size={22} stroke={1.75} aria-hidden />
        {t('profile')}
      </Link>
    </nav>
  );
}
