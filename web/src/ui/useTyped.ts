// A search field that looks while one types, a moment after the last key.
import { useEffect, useRef, useState } from 'react';

/** Milliseconds without a key after which it looks. */
const PAUSE = 350;

/** What stands in the field, and how to change it. `q` is what is looked for now; `set` looks for something else. */
export function useTyped(q: string, set: (q: string) => void): [string, (text: string) => void] {
  const [text, setText] = useState(q);
  /** What was looked for last, from here or from elsewhere. */
  const [asked, setAsked] = useState(q);
  const [seen, setSeen] = useState(q);
  if (seen !== q) {
    setSeen(q);
    // Letters that were typed while the page took over the ones before are not taken back.
    if (q !== asked) {
      setAsked(q);
      setText(q);
    }
  }
  const latest = useRef(set);
  latest.current = set;
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === q) return;
    const timer = setTimeout(() => {
      setAsked(wanted);
      latest.current(wanted);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text, q]);
  return [text, setText];
}
