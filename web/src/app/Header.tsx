// The header of every ordinary page. On a phone: logo, search, account; the rest is in the bar at the bottom.
import { IconArrowLeft, IconSearch } from '@tabler/icons-react';
import { Link, useRouter } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Logo } from '~/ui/Logo';
import { AccountMenu } from './AccountMenu';
import css from './Frame.module.css';
import { LanguageSwitch } from './LanguageSwitch';
import { MessagesLink } from './MessagesLink';
import { SearchBox } from './SearchBox';
import { useUploadsOpen } from './uploadsOpen';

// A sign that does not come is no reason to break the page.
const UploadsSign = lazy(() =>
  import('./UploadsSign').then(
    (file) => ({ default: file.UploadsSign }),
    () => ({ default: () => null }),
  ),
);

export function Header({ back }: { back: boolean }) {
  const { t } = useTranslation();
  const router = useRouter();
  const uploads = useUploadsOpen();
  const [searching, setSearching] = useState(false);
  return (
    <header className={css.header}>
      <div className={`page ${css.inner}`}>
        {back && (
          <button
            type="button"
            className={`${css.icon} only-phone`}
            aria-label={t('back')}
            onClick={() =>
              router.history.canGoBack() ? router.history.back() : router.navigate({ to: '/' })
            }
          >
            <IconArrowLeft size={22} stroke={1.75} className="flip" />
          </button>
        )}
        <Link to="/" className={css.logo}>
          <Logo />
        </Link>
        <nav className={`${css.nav} only-wide`} aria-label={t('nav.main')}>
          <Link to="/catalogue" activeOptions={{ includeSearch: false }}>
            {t('catalogue')}
          </Link>
          <Link to="/help" activeOptions={{ includeSearch: false }} className={css.roomy}>
            {t('help')}
          </Link>
        </nav>
        <SearchBox className="only-wide" shortcut />
        <div className={css.end}>
          <nav className={`${css.nav} only-wide`}>
            <Link to="/my/learning">{t('myLearning')}</Link>
            <Link to="/studio">{t('teach')}</Link>
          </nav>
          {uploads && (
            <Suspense fallback={null}>
              <UploadsSign />
            </Suspense>
          )}
          <LanguageSwitch className="only-wide" />
          <button
            type="button"
            className={`${css.icon} only-phone`}
            aria-label={t('search.open')}
            aria-expanded={searching}
            onClick={() => setSearching(!searching)}
          >
            <IconSearch size={22} stroke={1.75} />
          </button>
          <MessagesLink />
          <AccountMenu />
        </div>
      </div>
      {searching && (
        <div className={`page only-phone ${css.phoneSearch}`}>
          <SearchBox className="" focused done={() => setSearching(false)} />
        </div>
      )}
    </header>
  );
}
