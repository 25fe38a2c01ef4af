// Who is there and how soon they answer, for people who are signed in; guests are not told about the staff.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { useFormat } from '~/ui/useFormat';
import { supportQuery } from './queries';

export function Expected() {
  const { t } = useTranslation('support');
  const format = useFormat();
  const { state } = useSession();
  const support = useQuery({ ...supportQuery, enabled: state === 'user' });
  if (!support.data) return null;
  const { on_duty, expected_s } = support.data;
  const soon =
    expected_s === null ? t('expected.unknown') : t('expected.span', { span: format.span(expected_s) });
  if (on_duty === 0)
    return <>{expected_s === null ? t('expected.nobody') : `${t('expected.nobody')} ${soon}`}</>;
  return (
    <>
      {t('expected.onDuty', { count: on_duty, value: format.number(on_duty) })} {soon}
    </>
  );
}
