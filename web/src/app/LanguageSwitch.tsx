// The menu of languages in the header. Its code comes after the page; until then the sign stands in its place.
import { IconWorld } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useLocale } from '~/ui/useFormat';
import css from './Frame.module.css';

const LanguageMenu = lazy(() =>
  import('./LanguageMenu').then(
    (file) => ({ default: file.LanguageMenu }),
    () => ({ default: Sign }),
  ),
);

export function LanguageSwitch({ className }: { className: string }) {
  return (
    <Suspense fallback={<Sign className={className} />}>
      <LanguageMenu className={className} />
    </Suspense>
  );
}

function Sign({ className = '' }: { className?: string }) {
  const current = useLocale();
  return (
    <span className={`${css.locale} ${className}`} aria-hidden>
      <IconWorld size={18} stroke={1.75} />
      <span className={css.localeCode}>{current.toUpperCase()}</span>
    </span>
  );
}
