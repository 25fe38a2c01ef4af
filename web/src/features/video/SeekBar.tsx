// The bar of the place in the video: what is played, what is loaded, and a slider over both.
import { type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import type { Engine, PlayerView } from './engine';
import css from './Player.module.css';

export function SeekBar({ engine, view }: { engine: Engine; view: PlayerView }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const [dragged, setDragged] = useState<number | undefined>(undefined);
  const [over, setOver] = useState<number | undefined>(undefined);
  const dragging = useRef(false);
  const length = Math.max(view.duration, 0.001);
  const place = Math.min(length, dragged ?? view.time);
  const part = (seconds: number) => `${Math.max(0, Math.min(100, (seconds / length) * 100))}%`;
  const drop = () => {
    dragging.current = false;
    if (dragged !== undefined) engine.seek(dragged);
    setDragged(undefined);
  };
  const hover = (event: PointerEvent<HTMLDivElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    setOver(Math.max(0, Math.min(1, (event.clientX - bounds.left) / bounds.width)) * length);
  };
  return (
    <div className={css.seek} onPointerMove={hover} onPointerLeave={() => setOver(undefined)}>
      <span className={css.track}>
        {view.buffered.map(([from, to]) => (
          <i key={from} className={css.loaded} style={{ left: part(from), width: part(to - from) }} />
        ))}
        <i className={css.played} style={{ width: part(place) }} />
      </span>
      <i className={css.knob} style={{ left: part(place) }} />
      {over !== undefined && (
        <span className={css.bubble} style={{ left: part(over) }} aria-hidden>
          {format.clock(over)}
        </span>
      )}
      <input
        type="range"
        min={0}
        max={length}
        step={1}
        value={place}
        aria-label={t('seek')}
        aria-valuetext={t('seekText', { at: format.clock(place), all: format.clock(length) })}
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
          engine.seek(engine.view().time + step);
        }}
      />
    </div>
  );
}
