// Which small picture stands for a moment of the video: sheets of tiles, one tile every so many seconds. Pure.

export type Storyboard = {
  readonly urls: readonly string[];
  /** Pixels. */
  readonly tile_width: number;
  readonly tile_height: number;
  /** Of one sheet. */
  readonly columns: number;
  readonly rows: number;
  readonly interval_s: number;
  /** Tiles in all. */
  readonly count: number;
};

export type Tile = {
  readonly sheet: number;
  /** Pixels from the corner of the sheet. */
  readonly x: number;
  readonly y: number;
};

/** The tile of this second; nothing where the sheets do not reach or make no sense. */
export function tileAt(board: Storyboard, seconds: number): Tile | undefined {
  const each = board.columns * board.rows;
  if (!(board.interval_s > 0) || !(each > 0) || board.count < 1 || !(seconds >= 0)) return undefined;
  const index = Math.min(board.count - 1, Math.floor(seconds / board.interval_s));
  const sheet = Math.floor(index / each);
  if (sheet >= board.urls.length) return undefined;
  const inside = index % each;
  return {
    sheet,
    x: (inside % board.columns) * board.tile_width,
    y: Math.floor(inside / board.columns) * board.tile_height,
  };
}

/** Where the middle of a preview stands on a bar: over the pointer, but never beyond an end of the bar. Pixels. */
export const previewPlace = (pointer: number, bar: number, width: number): number =>
  bar <= width ? bar / 2 : Math.max(width / 2, Math.min(bar - width / 2, pointer));
