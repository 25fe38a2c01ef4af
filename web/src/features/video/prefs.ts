// What the player remembers in this browser: speed, loudness, captions. Without web storage it forgets.
import { rates } from './keys';

type Prefs = { rate: number; volume: number; muted: boolean; captions: boolean };

const KEY = 'ilm.player';
const usual: Prefs = { rate: 1, volume: 1, muted: false, captions: false };

export function readPrefs(): Prefs {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>;
    return {
      rate: rates.find((rate) => rate === kept.rate) ?? usual.rate,
      volume:
        typeof kept.volume === 'number' && kept.volume >= 0 && kept.volume <= 1 ? kept.volume : usual.volume,
      muted: kept.muted === true,
      captions: kept.captions === true,
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
