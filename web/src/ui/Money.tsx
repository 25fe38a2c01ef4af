// A sum. With `signed` it is a movement: sign, word and colour together, so that colour is never the only telling.
import { useTranslation } from 'react-i18next';
import { formatAmount, formatMoney, formatSignedMoney, type MoneyValue } from '~/i18n/format';
import css from './Money.module.css';
import { useLocale } from './useFormat';

type Props = {
  value: MoneyValue;
  signed?: boolean;
  /** What a positive movement was: money credited (default) or returned. */
  refunded?: boolean;
  /** An old price, beside the one that holds: the number alone, struck. */
  struck?: boolean;
  className?: string | undefined;
};

export function Money({ value, signed = false, refunded = false, struck = false, className = '' }: Props) {
  const locale = useLocale();
  const { t } = useTranslation();
  if (struck) {
    return <s className={`${css.old} ${className}`}>{bdi(formatAmount(locale, value))}</s>;
  }
  if (!signed) return <span className={`${css.sum} ${className}`}>{bdi(formatMoney(locale, value))}</span>;
  const word = value.amount < 0 ? t('money.minus') : refunded ? t('money.refunded') : t('money.plus');
  return (
    <span className={`${css.sum} ${value.amount < 0 ? css.minus : css.plus} ${className}`}>
      {bdi(formatSignedMoney(locale, value))} <span className={css.word}>{word}</span>
    </span>
  );
}

const bdi = (text: string) => <bdi>{text}</bdi>;
