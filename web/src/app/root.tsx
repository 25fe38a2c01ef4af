// The root of the route tree, and what a route may say about its frame.
import { createRootRoute } from '@tanstack/react-router';
import { Frame } from './Frame';
import { NotFound } from './NotFound';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** `page` (default): header, footer, phone bar. `bare`: footer only (sign-in). `none`: the page draws its own. */
    frame?: 'page' | 'bare' | 'none';
    /** The page has a bar of its own at the bottom of phones (price and Buy) in place of the five. */
    ownBar?: boolean;
    /** The footer follows the content at once, without the gap (working areas, full-height pages). */
    flush?: boolean;
  }
}

export const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NotFound });
