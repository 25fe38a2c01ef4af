// A moment, in the reader's language and zone. The exact time is in the tooltip and in `datetime`.
import { useEffect, useReducer } from 'react';
import { useFormat } from './useFormat';

type Props = {
  at: string;
  /** `near`: today, in 2 days, then the date (default); `date`; `time`; `full`: date and time. */
  as?: 'near' | 'date' | 'time' | 'full';
};

export function When({ at, as = 'near' }: Props) {
  const format = useFormat();
  const [, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (as !== 'near') return;
    const timer = setInterval(again, 60_000);
    return () => clearInterval(timer);
  }, [as]);
  const text =
    as === 'date'
      ? format.date(at)
      : as === 'time'
        ? format.time(at)
        : as === 'full'
          ? format.dateTime(at)
          : format.near(at);
  return (
    <time dateTime={at} title={`${format.dateTime(at)} (${format.zone})`}>
      <bdi>{text}</bdi>
    </time>
  );
}
