// A room that cannot be entered, and one that is being opened.
import { IconLock } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { State } from '~/ui/State';
import css from './Chat.module.css';

/** `why`: a course is not owned yet, a moderator has said no, or nothing more is known. */
export function NotMember({ why }: { why: 'course' | 'banned' | 'closed' }) {
  const { t } = useTranslation('chat');
  const words = { course: 'notMember', banned: 'banned', closed: 'closed' } as const;
  return (
    <div className={css.refused}>
      <State icon={<IconLock size={28} stroke={1.5} />} title={t(words[why])}>
        {t(`${words[why]}Text`)}
      </State>
    </div>
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
