import { QueryClient } from '@tanstack/react-query';
import { isApiError } from '~/api/error';

/** Only what may pass by itself is tried again: a dead link, a server that restarts. Refusals are answers. */
function retry(failures: number, error: unknown): boolean {
  if (failures >= 2 || !isApiError(error)) return false;
  return error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    // `always`: without a network a page says so, where pausing would show a skeleton for ever.
    queries: { retry, staleTime: 30_000, networkMode: 'always', refetchOnReconnect: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});
