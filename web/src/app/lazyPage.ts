// A page whose code is fetched when it is first opened, and what it means when that fails.
import { lazyRouteComponent } from '@tanstack/react-router';

/** The code of a page did not come because there is no network: another attempt is worth it. */
export class PageUnreachable extends Error {
  override readonly name = 'PageUnreachable';
}

/** Whether the server answers at all. */
export const reachable = (): Promise<boolean> =>
  fetch('/api/v1/config', { cache: 'no-store', headers: { 'x-ilm-request': '1' } }).then(
    () => true,
    () => false,
  );

/**
 * Fetches the code of a page. Where the server answers and the file is gone, a new version is out: the error goes on as
 * it is, and the router opens the address afresh. Without a network that would lead to the browser's own error page.
 */
export async function fetchPage<T>(importer: () => Promise<T>, answers = reachable): Promise<T> {
  try {
    return await importer();
  } catch (cause) {
    if (!(await answers())) throw new PageUnreachable('no network', { cause });
    // It may have come back in between.
    return importer();
  }
}

export const lazyPage = (<T extends Record<string, unknown>, K extends keyof T = 'default'>(
  importer: () => Promise<T>,
  name?: K,
) => lazyRouteComponent(() => fetchPage(importer), name)) as typeof lazyRouteComponent;
