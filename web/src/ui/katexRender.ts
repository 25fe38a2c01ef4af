// KaTeX and its style sheet, in a chunk of their own: fetched when the first formula is shown (see Formula.tsx).
import katex from 'katex';
import 'katex/dist/katex.min.css';
import { expansions } from './texRules';

/**
 * Draws a formula into `place` out of DOM nodes; no HTML is parsed. `trust: false` leaves no way to links, images or
 * classes, `maxExpand` and `maxSize` bound what a macro may blow up to. False where it cannot be read. Whether it is to be
 * drawn at all is asked before (texRules.ts).
 */
export function drawFormula(place: HTMLElement, tex: string, display: boolean): boolean {
  try {
    katex.render(tex, place, {
      displayMode: display,
      output: 'htmlAndMathml',
      // Its own sign of a fault is an inline style, which the page's policy refuses.
      throwOnError: true,
      trust: false,
      maxExpand: expansions(tex),
      maxSize: 20,
      // Cyrillic and Hebrew stand in \text{} of school formulas.
      strict: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
