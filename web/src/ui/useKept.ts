// What is typed into a form, kept in this browser until it is sent: a closed dialog or a page that goes loses nothing.
import { useCallback, useEffect, useState } from 'react';
import { keep, readKept } from './kept';

/** The text under this key, how to change it, and how to forget it once it was sent. */
export function useKept(key: string): [string, (text: string) => void, () => void] {
  const [text, setText] = useState(() => readKept(key));
  useEffect(() => keep(key, text.trim() ? text : ''), [key, text]);
  const forget = useCallback(() => keep(key, ''), [key]);
  return [text, setText, forget];
}
