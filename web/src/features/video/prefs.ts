// What the player remembers in this browser: speed, loudness, captions, what comes after a lesson, how fast the link was.
// Without web storage it forgets.
import { rates } from './keys';

export const captionSizes = [75, 100, 150, 200] as const;
export type CaptionSize = (typeof captionSizes)[number];

export type Prefs = {
  rate: number;
  volume: number;
  muted: boolean;
  captions: boolean;
  /** Language of the captions that were chosen last. */
  language: string | undefined;
  /** In hundredths of the usual size. */
  size: CaptionSize;
  /** The next lesson begins by itself. */
  autoplay: boolean;
  /** The transcript stands beside the text. */
  transcript: boolean;
  /** Bits a second, as measured at the last viewing. */
  bandwidth: number | undefined;
};

const KEY = 'ilm.player';
const usual: Prefs = {
  rate: 1,
  volume: 1,
  muted: false,
  captions: false,
  language: undefined,
  size: 100,
  autoplay: true,
  transcript: true,
  bandwidth: undefined,
};

export function readPrefs(): Prefs {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>;
    const { volume, language, bandwidth } = kept;
    return {
      rate: rates.find((rate) => rate === kept.rate) ?? usual.rate,
      volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : usual.volume,
      muted: kept.muted === true,
      captions: kept.captions === true,
      language: typeof language === 'string' && language.length <= 35 ? language : undefined,
      size: captionSizes.find((size) => size === kept.size) ?? usual.size,
      autoplay: kept.autoplay !== false,
      transcript: kept.transcript !== false,
      bandwidth: typeof bandwidth === 'number' && bandwidth > 0 ? bandwidth : undefined,
    };
  } catch {
    return usual;
  }
}

export function keepPrefs(change: Partial<Prefs>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readPrefs(), ...change }));
  } catch {
    // Nothing depends on it.
  }
}
