// The formatting functions of i18n/format.ts bound to the language of the page and the person's time zone.
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { isLocale } from '~/i18n';
import * as format from '~/i18n/format';
import { useZone } from './zone';

export function useLocale(): format.Locale {
  const { i18n } = useTranslation();
  return isLocale(i18n.language) ? i18n.language : 'uz';
}

export function useFormat() {
  const locale = useLocale();
  const zone = useZone();
  return useMemo(() => {
    const at = (value: string | Date) => (typeof value === 'string' ? new Date(value) : value);
    return {
      locale,
      zone,
      number: (value: number, digits?: number) => format.formatNumber(locale, value, digits),
      percent: (value: number) => format.formatPercent(locale, value),
      share: (value: number) => format.formatShare(locale, value),
      rating: (value: number) => format.formatRating(locale, value),
      money: (value: format.MoneyValue) => format.formatMoney(locale, value),
      span: (seconds: number) => format.formatSpan(locale, seconds),
      size: (bytes: number) => format.formatSize(locale, bytes),
      clock: format.formatClock,
      date: (value: string | Date) => format.formatDate(locale, at(value), zone, new Date()),
      time: (value: string | Date) => format.formatTime(at(value), zone),
      dateTime: (value: string | Date) => format.formatDateTime(locale, at(value), zone, new Date()),
      near: (value: string | Date) => format.formatNear(locale, at(value), zone, new Date()),
    };
  }, [locale, zone]);
}
