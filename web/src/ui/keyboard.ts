// How much of the page the on-screen keyboard covers, as `--keyboard` on the root. Browsers that make the page itself
// smaller (as index.html asks) never cover anything; where they only lay it over the page (Safari), what fills the screen
// makes itself shorter by it, so that the field one writes into stays above the keys.

/** Less than this, in pixels, is a toolbar of the browser. */
const LEAST = 120;

/** What the keyboard covers, from the heights of the page and of its visible part. A page that is zoomed is not covered. */
export function covered(page: number, visible: number, scale: number): number {
  const hidden = Math.round(page - visible);
  return scale > 1.05 || hidden < LEAST ? 0 : hidden;
}

export function watchKeyboard(): void {
  const view = window.visualViewport;
  if (!view) return;
  let before = 0;
  const tell = () => {
    const now = covered(innerHeight, view.height, view.scale);
    if (now === before) return;
    before = now;
    document.documentElement.style.setProperty('--keyboard', `${now}px`);
    // The browser has moved the page to show the field where it was.
    if (now > 0) requestAnimationFrame(() => document.activeElement?.scrollIntoView({ block: 'nearest' }));
  };
  view.addEventListener('resize', tell);
}
