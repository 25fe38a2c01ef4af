// The account at the end of the header: a way in for guests, the menu for people who are in.
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { type Me, useSession } from '~/features/identity/session';
import { Initials } from '~/ui/Initials';
import { LinkButton } from '~/ui/LinkButton';
import css from './Frame.module.css';
import { fullName } from './fullName';
import { LanguageSwitch } from './LanguageSwitch';

// Where the menu does not come, the face leads to the profile.
const UserMenu = lazy(() =>
  import('./UserMenu').then(
    (file) => ({ default: file.UserMenu }),
    () => ({ default: ToProfile }),
  ),
);

export function AccountMenu() {
  const { t } = useTranslation();
  const { state, me } = useSession();
  // The room of the avatar is kept while the cookie is being asked, so that nothing jumps.
  if (state === 'restoring' || (state === 'user' && !me)) return <span className={css.icon} />;
  if (!me) {
    return (
      <div className={`row ${css.guest}`}>
        <LanguageSwitch className="only-phone" />
        <LinkButton to="/sign-in" size="sm" variant="default">
          {t('signIn')}
        </LinkButton>
      </div>
    );
  }
  return (
    <Suspense fallback={<Face me={me} />}>
      <UserMenu me={me} />
    </Suspense>
  );
}

const Face = ({ me }: { me: Me }) => (
  <span className={css.avatar}>
    <Initials name={fullName(me)} id={me.id} />
  </span>
);

function ToProfile({ me }: { me: Me }) {
  const { t } = useTranslation();
  return (
    <Link to="/profile" aria-label={t('profile')}>
      <Face me={me} />
    </Link>
  );
}
