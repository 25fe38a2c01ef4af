// How the server understood a number: said only where it is written otherwise than it was typed.
import { useTranslation } from 'react-i18next';
import { useLocale } from '~/ui/useFormat';
import type { Attempt } from './contract';
import { showNumber } from './readNumber';

export function ReadAs({ attempt, className }: { attempt: Attempt; className: string }) {
  const { t } = useTranslation('tasks');
  const locale = useLocale();
  const { read_as: read, answer } = attempt;
  if (!read) return null;
  const plain = /^-?\d+(?:\.\d+|\/\d+)?$/;
  const shown = read
    .split(/; ?/)
    .map((one) => (plain.test(one) ? showNumber(one, locale) : one))
    .join('; ');
  const typed = typeof answer === 'string' ? answer.trim() : '';
  if (typed === read || typed === shown) return null;
  return (
    <p className={className}>
      {t('readAs')} <bdi dir="ltr">{shown}</bdi>
    </p>
  );
}
