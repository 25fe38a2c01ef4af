import { IconMap2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '~/ui/LinkButton';
import { State } from '~/ui/State';
import { useTitle } from '~/ui/useTitle';

export function NotFound() {
  const { t } = useTranslation();
  useTitle(t('state.notFound'));
  return (
    <State
      page
      icon={<IconMap2 size={28} stroke={1.5} />}
      title={t('state.notFound')}
      action={<LinkButton to="/catalogue">{t('state.toCatalogue')}</LinkButton>}
    >
      {t('state.notFoundText')}
    </State>
  );
}
