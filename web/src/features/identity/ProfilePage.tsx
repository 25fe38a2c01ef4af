// The profile: who you are, your password, where you are signed in, whom you have blocked.
import { useTranslation } from 'react-i18next';
import { BlocksPart } from '~/features/messaging/BlocksPart';
import { SignInFirst } from '~/ui/State';
import { useTitle } from '~/ui/useTitle';
import { LanguagePart } from './LanguagePart';
import { PasswordPart } from './PasswordPart';
import { PersonPart } from './PersonPart';
import css from './ProfilePage.module.css';
import { SessionsPart } from './SessionsPart';
import { useSession } from './session';

export function ProfilePage() {
  const { t } = useTranslation('identity');
  useTitle(t('profile.title'));
  const { state, me } = useSession();
  if (state === 'guest') return <SignInFirst page />;
  return (
    <div className={`page ${css.page}`}>
      <h1 className="work">{t('profile.title')}</h1>
      {me && (
        <>
          <PersonPart key={me.id} me={me} />
          <LanguagePart />
          <PasswordPart me={me} />
          <SessionsPart />
          <BlocksPart />
        </>
      )}
    </div>
  );
}
