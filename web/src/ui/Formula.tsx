// A formula in a text. Its drawer is fetched when the first one is shown; until then, and where it cannot come, the
// source stands there. Always left to right, also in a Hebrew line.
import { useEffect, useRef } from 'react';
import css from './RichText.module.css';
import { isDrawn } from './texRules';

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

/** Longest source that is drawn unless less is said: the server takes no longer one. */
export const MOST_TEX = 2_000;

type Props = {
  tex: string;
  display?: boolean;
  /** Longest source that is drawn, characters. */
  most?: number;
};

export function Formula({ tex, display = false, most = MOST_TEX }: Props) {
  const place = useRef<HTMLSpanElement>(null);
  const drawn = isDrawn(tex, most);
  useEffect(() => {
    if (!drawn) return undefined;
    let gone = false;
    fetchDrawer().then(
      ({ drawFormula }) => {
        const at = place.current;
        if (gone || !at || drawFormula(at, tex, display)) return;
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
  }, [tex, display, drawn]);
  // KaTeX puts its nodes in place of the source, and React must not meet them when the source changes: hence the key.
  return (
    <bdi dir="ltr" className={display ? css.formulaBlock : css.formula}>
      <span ref={place} key={`${display} ${tex}`}>
        <code>{tex}</code>
      </span>
    </bdi>
  );
}
