import { useEffect } from 'react';

let page = '';
let count = 0;

const write = () => {
  if (page) document.title = `${count > 0 ? `(${count > 99 ? '99+' : count}) ` : ''}${page} · IlmSpace`;
};

/** The title of the browser's tab: the page first, so that many tabs can be told apart. */
export function useTitle(text: string | undefined): void {
  useEffect(() => {
    if (!text) return;
    page = text;
    write();
  }, [text]);
}

/** How much waits to be read, before the name of every page; 0 shows nothing. */
export function setTitleCount(now: number): void {
  if (now === count) return;
  count = now;
  write();
}
