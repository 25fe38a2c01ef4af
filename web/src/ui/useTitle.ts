import { useEffect } from 'react';

/** The title of the browser's tab: the page first, so that many tabs can be told apart. */
export function useTitle(text: string | undefined): void {
  useEffect(() => {
    if (text) document.title = `${text} · IlmSpace`;
  }, [text]);
}
