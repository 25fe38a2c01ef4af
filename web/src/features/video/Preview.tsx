// What is at a place of the seek bar: the picture of that moment, its chapter, its time.
import { useRef, useState } from 'react';
import { useFormat } from '~/ui/useFormat';
import { chapterAt } from './chapters';
import type { Playback } from './contract';
import css from './SeekBar.module.css';
import { previewPlace, tileAt } from './storyboard';
import { withToken } from './token';

type Props = {
  playback: Playback | undefined;
  /** Seconds. */
  at: number;
  /** Pixels from the start of the bar, and its whole length. */
  place: number;
  bar: number;
};

export function Preview({ playback, at, place, bar }: Props) {
  const format = useFormat();
  const board = playback?.storyboard;
  // A sheet that has come keeps its address: with each new token it would be loaded again.
  const known = useRef(new Map<number, string>());
  const [broken, setBroken] = useState<string | undefined>(undefined);
  const tile = board ? tileAt(board, at) : undefined;
  const address = tile && board?.urls[tile.sheet];
  let url: string | undefined;
  if (tile && address && playback) {
    url = known.current.get(tile.sheet) ?? withToken(address, playback.master_url);
    known.current.set(tile.sheet, url);
  }
  const chapter = playback?.chapters?.[chapterAt(playback.chapters, at)];
  const pictured = tile !== undefined && url !== undefined && url !== broken && board;
  const width = pictured ? board.tile_width + 4 : 64;
  return (
    <span className={css.preview} style={{ left: `${previewPlace(place, bar, width)}px` }} aria-hidden>
      {pictured && (
        <span className={css.tile} style={{ width: board.tile_width, height: board.tile_height }} data-tile>
          <img
            src={url}
            alt=""
            style={{ transform: `translate(${-tile.x}px, ${-tile.y}px)` }}
            onError={() => {
              known.current.delete(tile.sheet);
              setBroken(url);
            }}
          />
        </span>
      )}
      {chapter && (
        <span className={css.previewTitle} dir="auto">
          {chapter.title}
        </span>
      )}
      <span className={css.previewTime}>{format.clock(at)}</span>
    </span>
  );
}
