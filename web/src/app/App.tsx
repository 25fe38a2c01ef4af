// The providers around every page.
import { DirectionProvider, MantineProvider, useDirection } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { type ReactNode, useLayoutEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { direction } from '~/i18n/format';
import { useLocale } from '~/ui/useFormat';
import { browserZone, ZoneContext } from '~/ui/zone';
import { Crash } from './Crash';
import { queryClient } from './queries';
import { router } from './router';
import { theme, variables } from './theme';

/** The nonce that the server gave this page; browsers hide it from the attribute, scripts read the property. */
const styleNonce = (): string =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// What locks the scrolling behind a dialog writes a style element of its own, without asking Mantine for the nonce.
setNonce(styleNonce());

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Languages>
        <Crash>
          <Zone>
            <RouterProvider router={router} />
          </Zone>
        </Crash>
      </Languages>
    </QueryClientProvider>
  );
}

function Languages({ children }: { children: ReactNode }) {
  useTranslation();
  const locale = useLocale();
  return (
    <DirectionProvider initialDirection={direction(locale)} detectDirection={false}>
      <Direction of={direction(locale)} />
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        forceColorScheme="light"
        getStyleNonce={styleNonce}
      >
        {children}
      </MantineProvider>
    </DirectionProvider>
  );
}

/** Mantine reads the initial direction once; what is being written on the page outlives a change of language. */
function Direction({ of }: { of: 'ltr' | 'rtl' }) {
  const { setDirection } = useDirection();
  useLayoutEffect(() => setDirection(of), [of, setDirection]);
  return null;
}

function Zone({ children }: { children: ReactNode }) {
  const { me } = useSession();
  const zone = useMemo(() => usable(me?.timezone) ?? browserZone(), [me?.timezone]);
  return <ZoneContext value={zone}>{children}</ZoneContext>;
}

/** The zone of the profile, unless this browser does not know it. */
function usable(zone: string | undefined): string | undefined {
  if (!zone) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}
