// What stands around a page: skip link, header, main, footer, phone bar, toasts, the sign that the network is gone.
import { Outlet, useMatches, useRouter, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Toasts } from '~/ui/toast';
import { Footer } from './Footer';
import css from './Frame.module.css';
import { Header } from './Header';
import { Offline } from './Offline';
import { PhoneBar } from './PhoneBar';

export function Frame() {
  const { t } = useTranslation();
  const matches = useMatches();
  const data = matches.at(-1)?.staticData ?? {};
  const frame = data.frame ?? 'page';
  const main = useFocusOnNavigation();
  return (
    <>
      <a className={css.skip} href="#content">
        {t('skip')}
      </a>
      <Pending />
      <Offline />
      {frame === 'page' && <Header back={data.ownBar ?? false} />}
      <main id="content" className={css.main} tabIndex={-1} ref={main}>
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </main>
      {frame !== 'none' && <Footer flush={data.flush ?? frame === 'bare'} />}
      {frame === 'page' && !data.ownBar && <PhoneBar />}
      <Toasts />
    </>
  );
}

/** A thin bar while the next page is on its way. It is drawn only after 200 ms, so that quick pages do not flash. */
function Pending() {
  const pending = useRouterState({ select: (state) => state.status === 'pending' });
  return pending ? <div className={css.pending} aria-hidden /> : null;
}

/**
 * After a change of page the focus goes to its heading, so that keyboard and reader start where the eye does; where a list
 * stays beside what was chosen of it, to the part that has come.
 */
function useFocusOnNavigation() {
  const router = useRouter();
  const main = useRef<HTMLElement>(null);
  useEffect(
    () =>
      router.subscribe('onRendered', (event) => {
        if (!event.pathChanged || !event.fromLocation) return;
        const part = main.current?.querySelector<HTMLElement>('[data-arrive]');
        const target = part ?? main.current?.querySelector<HTMLElement>('h1') ?? main.current;
        if (!target || target.contains(document.activeElement)) return;
        target.tabIndex = -1;
        target.focus({ preventScroll: true });
      }),
    [router],
  );
  return main;
}
