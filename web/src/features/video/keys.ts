// What the keys of the player do. Pure.

export type PlayerAction =
  | { do: 'toggle' }
  | { do: 'seek'; by: number }
  | { do: 'seekTo'; part: number }
  | { do: 'volume'; by: number }
  | { do: 'mute' }
  | { do: 'fullscreen' }
  | { do: 'captions' }
  | { do: 'faster' }
  | { do: 'slower' }
  | { do: 'next' }
  | { do: 'previous' }
  | { do: 'chapter'; forward: boolean }
  | { do: 'transcript' }
  | { do: 'mini' }
  | { do: 'help' };

type Key = {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
};

/** By the place of the key where it is a letter, so that it works with a Russian or Hebrew layout. */
const byCode: Record<string, PlayerAction> = {
  KeyK: { do: 'toggle' },
  KeyJ: { do: 'seek', by: -10 },
  KeyL: { do: 'seek', by: 10 },
  KeyM: { do: 'mute' },
  KeyF: { do: 'fullscreen' },
  KeyC: { do: 'captions' },
  KeyT: { do: 'transcript' },
  KeyP: { do: 'mini' },
};
const byKey: Record<string, PlayerAction> = {
  ' ': { do: 'toggle' },
  ArrowLeft: { do: 'seek', by: -5 },
  ArrowRight: { do: 'seek', by: 5 },
  ArrowUp: { do: 'volume', by: 0.1 },
  ArrowDown: { do: 'volume', by: -0.1 },
  Home: { do: 'seekTo', part: 0 },
  End: { do: 'seekTo', part: 1 },
};

export function playerAction(key: Key): PlayerAction | undefined {
  if (key.ctrlKey || key.metaKey || key.altKey) return undefined;
  if (key.key === '?') return { do: 'help' };
  if (key.shiftKey) {
    if (key.code === 'KeyN') return { do: 'next' };
    if (key.code === 'KeyP') return { do: 'previous' };
    if (key.key === 'ArrowRight' || key.key === 'ArrowLeft')
      return { do: 'chapter', forward: key.key === 'ArrowRight' };
    if (key.key === '>' || key.code === 'Period') return { do: 'faster' };
    if (key.key === '<' || key.code === 'Comma') return { do: 'slower' };
    return undefined;
  }
  if (/^[0-9]$/.test(key.key)) return { do: 'seekTo', part: Number(key.key) / 10 };
  return byCode[key.code] ?? byKey[key.key];
}

/** These scroll the page or what has the focus; the player takes them only from inside itself or in full screen. */
export const scrolls = (key: string): boolean => /^(ArrowUp|ArrowDown|Home|End)$/.test(key);

/** What has the focus takes this key itself: a field everything, a button or link Space, a slider its arrows. */
export function takenBy(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  if (target instanceof HTMLInputElement) return target.type !== 'range' || /^(Arrow|Home|End)/.test(key);
  if (target.closest('[role="menu"],[role="dialog"],[role="listbox"],[role="log"]')) return true;
  const presses = key === ' ' || key === 'Enter';
  if (presses && target.closest('button,a,summary,[role="button"],[role="tab"]')) return true;
  return (
    /^(Arrow|Home|End)/.test(key) && target.closest('[role="tab"],[role="slider"],[role="treeitem"]') !== null
  );
}

export const rates = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;

/** The next speed up or down from the present one. */
export function nextRate(rate: number, up: boolean): number {
  const found = up ? rates.find((value) => value > rate) : rates.findLast((value) => value < rate);
  return found ?? rate;
}
