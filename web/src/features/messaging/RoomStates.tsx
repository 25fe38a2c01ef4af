// A room that cannot be entered, and one that is being opened.
import { IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { State } from '~/ui/State';
import css from './Chat.module.css';

export function NotMember({ banned = false }: { banned?: boolean }) {
  const { t } = useTranslation('chat');
  return (
    <State icon={<IconLock size={28} stroke={1.5} />} title={t(banned ? 'banned' : 'notMember')}>
      {t(banned ? 'bannedText' : 'notMemberText')}
    </State>
  );
}

export function Opening() {
  const { t } = useTranslation('chat');
  return (
    <div className={css.opening} aria-busy="true">
      <span className="hidden" role="status">
        {t('joining')}
      </span>
      <span />
      <span />
      <span />
    </div>
  );
}
