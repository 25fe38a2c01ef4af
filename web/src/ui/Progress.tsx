// A bar with its number beside it: progress is never a colour or a length alone.
import { useTranslation } from 'react-i18next';
import css from './Progress.module.css';
import { useFormat } from './useFormat';

type Props = {
  percent: number;
  thin?: boolean;
  night?: boolean;
  number?: boolean;
  /** To one decimal: what is shown is not rounded up. */
  exact?: boolean;
};

export function Progress({ percent, thin = false, night = false, number = true, exact = false }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const value = Math.max(0, Math.min(100, percent));
  const text = exact ? format.share(value) : format.percent(value);
  return (
    <span className={css.row}>
      <span
        className={`${css.bar} ${thin ? css.thin : ''} ${night ? css.night : ''}`}
        role="progressbar"
        aria-valuenow={Math.round(value)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label={t('progress', { percent: text })}
      >
        <span className={css.done} style={{ width: `${value}%` }} />
      </span>
      {number && (
        <span className={css.number} aria-hidden>
          {text}
        </span>
      )}
    </span>
  );
}
