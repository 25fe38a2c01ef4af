// The foot of every page. The sentence about open source stands in exactly this wording in every language (WEB-18).
import { IconBrandOpenSource } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Logo } from '~/ui/Logo';
import { useConfig } from './config';
import css from './Frame.module.css';

export function Footer({ flush = false }: { flush?: boolean }) {
  const { t } = useTranslation();
  const config = useConfig();
  const words = (
    <span lang="ru" dir="ltr" className={config ? css.words : undefined}>
      Работает на Open Source
    </span>
  );
  return (
    <footer className={`${css.footer} ${flush ? css.flush : ''}`}>
      <div className={`page ${css.line}`}>
        <Link to="/" className={css.logo}>
          <Logo height={22} />
        </Link>
        <Link to="/catalogue">{t('catalogue')}</Link>
        <Link to="/help">{t('help')}</Link>
        {config ? (
          <a
            className={css.source}
            href={config.repository_url}
            target="_blank"
            rel="noopener"
            title={t('footer.sourceHint')}
          >
            <IconBrandOpenSource size={18} stroke={1.75} aria-hidden />
            {words}
          </a>
        ) : (
          <span className={css.source}>
            <IconBrandOpenSource size={18} stroke={1.75} aria-hidden />
            {words}
          </span>
        )}
      </div>
    </footer>
  );
}
