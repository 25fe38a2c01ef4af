// The way to answers from the main page: a few frequent questions, the support, the general chat (MSG-10, MSG-11).
import { IconChevronRight, IconHelpCircle, IconMessageCircle2, IconMessages } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { direction } from '~/i18n/format';
import { LinkButton } from '~/ui/LinkButton';
import { useLocale } from '~/ui/useFormat';
import { Expected } from './Expected';
import css from './Help.module.css';
import { faqQuery } from './queries';
import { wordsIn } from './texts';

const SHOWN = 4;

export function HelpSection() {
  const { t } = useTranslation('support');
  const { state } = useSession();
  const locale = useLocale();
  const faq = useQuery(faqQuery());
  const items = faq.data?.items.filter((entry) => entry.published).slice(0, SHOWN) ?? [];
  return (
    <section className={`section ${css.section}`}>
      <div>
        <h2>{t('home.title')}</h2>
        <p className={`mut ${css.lead}`}>
          {t('home.text')} <Expected />
        </p>
        <div className={css.ways}>
          <LinkButton
            to="/help/chat"
            variant="default"
            leftSection={<IconMessageCircle2 size={18} stroke={1.75} aria-hidden />}
          >
            {t('person.go')}
          </LinkButton>
          {state === 'user' && (
            <LinkButton
              to="/chat/general"
              variant="subtle"
              leftSection={<IconMessages size={18} stroke={1.75} aria-hidden />}
            >
              {t('home.general')}
            </LinkButton>
          )}
        </div>
      </div>
      <div>
        <ul className={css.few}>
          {items.map((entry) => {
            const question = wordsIn(entry.question, locale);
            return (
              <li key={entry.id}>
                <Link to="/help" search={{ open: entry.id }}>
                  <span className="grow" lang={question.locale} dir={direction(question.locale)}>
                    {question.text}
                  </span>
                  <IconChevronRight size={18} stroke={1.75} className="flip" aria-hidden />
                </Link>
              </li>
            );
          })}
        </ul>
        <Link to="/help" className={`link small ${css.allFew}`}>
          {t('home.all')}
        </Link>
      </div>
      <Link to="/help" className={`only-phone ${css.float}`} aria-label={t('title')}>
        <IconHelpCircle size={24} stroke={1.75} aria-hidden />
      </Link>
    </section>
  );
}
