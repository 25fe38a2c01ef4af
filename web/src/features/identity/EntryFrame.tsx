// The quiet frame of the entry pages: the form at the start side, the portal at the end side, all four languages below.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { LanguageMenu, useChooseLocale } from '~/app/LanguageMenu';
import { direction, localeNames, locales } from '~/i18n/format';
import { Logo } from '~/ui/Logo';
import { useLocale } from '~/ui/useFormat';
import css from './EntryFrame.module.css';

export function EntryFrame({ children }: { children: ReactNode }) {
  const current = useLocale();
  const choose = useChooseLocale();
  return (
    <div className={css.split}>
      <div className={css.side}>
        <div className="row apart">
          <Link to="/" className="row">
            <Logo />
          </Link>
          <LanguageMenu full />
        </div>
        <div className={css.form}>{children}</div>
        <div className={css.languages}>
          {locales.map((locale) => (
            <button
              key={locale}
              type="button"
              lang={locale}
              dir={direction(locale)}
              aria-current={locale === current ? 'true' : undefined}
              onClick={() => void choose(locale)}
            >
              {localeNames[locale]}
            </button>
          ))}
        </div>
      </div>
      <div className={css.portal} aria-hidden>
        <Portal />
      </div>
    </div>
  );
}

/** The mark of the logo, large: arches within arches, and the "i" in the doorway. */
function Portal() {
  return (
    <svg viewBox="0 0 640 740" preserveAspectRatio="xMidYMax slice" fill="none" aria-hidden="true">
      <g stroke="var(--lapis-2)" strokeWidth="1.5">
        <path
          d="M160 770V422C160 302 230.4 242 320 170C409.6 242 480 302 480 422V770"
          stroke="var(--lapis-3)"
          strokeWidth="2"
        />
        <path d="M108 770V388.36C108 256.76 201.28 190.96 320 112C438.72 190.96 532 256.76 532 388.36V770" />
        <path d="M56 770V354.72C56 211.52 172.16 139.92 320 54C467.84 139.92 584 211.52 584 354.72V770" />
        <path d="M4 770V321.08C4 166.28 143.04 88.88 320 -4C496.96 88.88 636 166.28 636 321.08V770" />
      </g>
      <path
        d="M212 770V468.4C212 364.4 259.52 312.4 320 250C380.48 312.4 428 364.4 428 468.4V770"
        fill="#fff"
        stroke="var(--lapis-4)"
        strokeWidth="2"
      />
      <circle cx="320" cy="410" r="34" fill="var(--lapis-6)" />
      <rect x="292" y="480" width="56" height="300" fill="var(--lapis-6)" />
    </svg>
  );
}
