// The bar of the place in the video: what is played, what is loaded, where chapters begin, and a slider over it all.
import { type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import { chapterAt, cuts, neighbourChapter } from './chapters';
import type { Engine, PlayerView } from './engine';
import { Preview } from './Preview';
import css from './SeekBar.module.css';

export function SeekBar({ engine, view }: { engine: Engine; view: PlayerView }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const [dragged, setDragged] = useState<number | undefined>(undefined);
  const [over, setOver] = useState<{ at: number; place: number; bar: number } | undefined>(undefined);
  const dragging = useRef(false);
  const chapters = view.playback?.chapters ?? [];
  const length = Math.max(view.duration, 0.001);
  const place = Math.min(length, dragged ?? view.time);
  const part = (seconds: number) => `${Math.max(0, Math.min(100, (seconds / length) * 100))}%`;
  const chapter = chapters[chapterAt(chapters, place)]?.title;
  const drop = () => {
    dragging.current = false;
    if (dragged !== undefined) engine.seek(dragged);
    setDragged(undefined);
    setOver(undefined);
  };
  const hover = (event: PointerEvent<HTMLDivElement>) => {
    // A finger that only rests on the bar covers what it would show.
    if (event.pointerType === 'touch' && !dragging.current) return;
    const bounds = event.currentTarget.getBoundingClientRect();
    const inside = Math.max(0, Math.min(1, (event.clientX - bounds.left) / bounds.width));
    setOver({ at: inside * length, place: inside * bounds.width, bar: bounds.width });
  };
  const where = t('seekText', { at: format.clock(place), all: format.clock(length) });
  return (
    <div
      className={css.seek}
      onPointerMove={hover}
      onPointerLeave={() => {
        if (!dragging.current) setOver(undefined);
      }}
    >
      <span className={css.track}>
        {view.buffered.map(([from, to]) => (
          <i key={from} className={css.loaded} style={{ left: part(from), width: part(to - from) }} />
        ))}
        <i className={css.played} style={{ width: part(place) }} />
        {cuts(chapters, length).map((at) => (
          <i key={at} className={css.cut} style={{ left: `${at * 100}%` }} data-cut />
        ))}
      </span>
      <i className={css.knob} style={{ left: part(place) }} />
      {over && <Preview playback={view.playback} {...over} />}
      <input
        type="range"
        min={0}
        max={length}
        step={1}
        value={place}
        aria-label={t('seek')}
        aria-valuetext={chapter ? `${where}, ${chapter}` : where}
        onPointerDown={() => {
          dragging.current = true;
        }}
        onPointerUp={drop}
        onPointerCancel={drop}
        onChange={(event) => {
          const to = Number(event.currentTarget.value);
          if (dragging.current) setDragged(to);
          else engine.seek(to);
        }}
        onKeyDown={(event) => {
          // One second a press would be of no use.
          const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          if (event.shiftKey) {
            // To the chapters, as everywhere in the player.
            const to = chapters.length > 0 ? neighbourChapter(chapters, view.time, step > 0) : undefined;
            if (to !== undefined) engine.seek(to);
            return;
          }
          engine.seek(engine.view().time + step);
        }}
      />
    </div>
  );
}
