// The curve of how many were still watching. Pure.

export type Point = { at: number; percent: number };

/** Hundredths of the largest number of viewings at each piece of the video. */
export function curve(retention: { bucket_s: number; views: readonly number[] }): Point[] {
  const most = Math.max(0, ...retention.views);
  if (most === 0) return [];
  return retention.views.map((views, index) => ({
    at: index * retention.bucket_s,
    percent: (views / most) * 100,
  }));
}

/** The path of the curve in a box, and the area under it. */
export function paths(
  points: readonly Point[],
  width: number,
  height: number,
): { line: string; area: string } {
  const last = points.length - 1;
  if (last < 0) return { line: '', area: '' };
  const place = (point: Point, index: number) => {
    const x = last === 0 ? width : (index / last) * width;
    return `${Math.round(x * 10) / 10} ${Math.round((1 - point.percent / 100) * height * 10) / 10}`;
  };
  const line = `M${points.map(place).join('L')}`;
  return { line, area: `${line}L${width} ${height}L0 ${height}Z` };
}

/** The largest fall between two neighbours, where the author may look first; nothing where nobody left. */
export function steepest(points: readonly Point[]): { at: number; lost: number } | undefined {
  let found: { at: number; lost: number } | undefined;
  for (const [index, point] of points.entries()) {
    const lost = (points[index - 1]?.percent ?? point.percent) - point.percent;
    if (lost > (found?.lost ?? 4.99)) found = { at: point.at, lost };
  }
  return found;
}

/** At most so many rows for the table beside the curve. */
export function rows(points: readonly Point[], most: number): Point[] {
  const step = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, index) => index % step === 0);
}
