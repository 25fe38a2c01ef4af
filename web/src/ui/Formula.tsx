// A formula in a text. Its drawer is fetched when the first one is shown; until then, and where it cannot come, the
// source stands there. Always left to right, also in a Hebrew line.
import { useEffect, useRef } from 'react';
import css from './RichText.module.css';

type Drawer = typeof import('./katexRender');
let drawer: Promise<Drawer> | undefined;

function fetchDrawer(): Promise<Drawer> {
  drawer ??= import('./katexRender').catch((error: unknown) => {
    // Without a network now: the next formula tries again.
    drawer = undefined;
    throw error;
  });
  return drawer;
}

/** Longest source that is drawn: the server takes no longer one. */
export const MOST_TEX = 4_000;

export function Formula({ tex, display = false }: { tex: string; display?: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let gone = false;
    fetchDrawer().then(
      ({ drawFormula }) => {
        const at = place.current;
        if (gone || !at || drawFormula(at, tex.slice(0, MOST_TEX), display)) return;
        // It may have been emptied before the fault was found.
        const source = document.createElement('code');
        source.className = css.badFormula ?? '';
        source.textContent = tex;
        at.replaceChildren(source);
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [tex, display]);
  // KaTeX puts its nodes in place of the source, and React must not meet them when the source changes: hence the key.
  return (
    <bdi dir="ltr" className={display ? css.formulaBlock : css.formula}>
      <span ref={place} key={`${display} ${tex}`}>
        <code>{tex}</code>
      </span>
    </bdi>
  );
}
