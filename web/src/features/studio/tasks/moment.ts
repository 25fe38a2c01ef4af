// A moment as a date-and-time field holds it, in the person's own zone (not the browser's), and back. Pure.

const two = (value: number) => String(value).padStart(2, '0');

function parts(at: number, zone: string): [number, number, number, number, number] {
  const found: Record<string, number> = {};
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  });
  for (const { type, value } of format.formatToParts(at)) found[type] = Number(value);
  return [found.year ?? 0, found.month ?? 1, found.day ?? 1, found.hour ?? 0, found.minute ?? 0];
}

/** `2026-11-24T09:00`, as `<input type="datetime-local">` takes it. */
export function localMoment(at: string, zone: string): string {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return '';
  const [year, month, day, hour, minute] = parts(time, zone);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** The moment that such a field means in a zone; nothing where it holds none. */
export function momentOf(local: string, zone: string): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(local);
  if (!match) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = match.slice(1).map(Number);
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  if (Number.isNaN(wanted)) return null;
  // The offset of the zone is looked up where the first guess lands, and once more where that corrects it.
  let time = wanted;
  for (let round = 0; round < 2; round++) {
    const [y, mo, d, h, mi] = parts(time, zone);
    time += wanted - Date.UTC(y, mo - 1, d, h, mi);
  }
  return new Date(time).toISOString();
}
