// Scrolling while something is held near an edge: what scrolls, and how fast.

/** Nearer than this to the edge of what scrolls, it scrolls; pixels. */
const EDGE = 60;
/** Pixels a millisecond, right at the edge. */
const SPEED = 0.9;

/** How fast to scroll (pixels a millisecond, upward negative) with the pointer at `y` between two edges. */
export function edgeSpeed(y: number, top: number, bottom: number): number {
  // A low window keeps a middle where nothing moves.
  const edge = Math.min(EDGE, (bottom - top) / 4);
  if (edge <= 0) return 0;
  const near = (distance: number) => Math.min(1, Math.max(0, 1 - distance / edge));
  return SPEED * (near(bottom - y) - near(y - top));
}

/** What scrolls the element: its nearest ancestor that has more than it shows, or the page. */
export function scrollerOf(element: Element): Element {
  for (let at = element.parentElement; at; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return document.scrollingElement ?? document.documentElement;
}
