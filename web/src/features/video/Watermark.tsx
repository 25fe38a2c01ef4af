// The viewer's name over the picture. It moves, so that it cannot be cut off at one place.
import { useEffect, useState } from 'react';
import css from './Player.module.css';

const MOVE = 20_000;
/** Places in hundredths of the picture; the order has no neighbours next to each other. */
const places = [
  [8, 14],
  [62, 70],
  [34, 40],
  [66, 18],
  [10, 72],
  [42, 10],
  [70, 46],
  [22, 56],
] as const;

export function Watermark({ text }: { text: string }) {
  const [turn, setTurn] = useState(() => Math.floor(Math.random() * places.length));
  useEffect(() => {
    const timer = setInterval(() => setTurn((now) => now + 1), MOVE);
    return () => clearInterval(timer);
  }, []);
  const [left, top] = places[turn % places.length] ?? places[0];
  return (
    <span className={css.mark} style={{ left: `${left}%`, top: `${top}%` }} aria-hidden dir="auto">
      {text}
    </span>
  );
}
