// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { nextRate, playerAction, scrolls, takenBy } from './keys';

const key = (name: string, code = '', more: object = {}) =>
  playerAction({ key: name, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

/** WEB-10 */
describe('the keys of the player', () => {
  it('are those that people know', () => {
    expect(key(' ')).toEqual({ do: 'toggle' });
    expect(key('k', 'KeyK')).toEqual({ do: 'toggle' });
    expect(key('j', 'KeyJ')).toEqual({ do: 'seek', by: -10 });
    expect(key('l', 'KeyL')).toEqual({ do: 'seek', by: 10 });
    expect(key('ArrowRight')).toEqual({ do: 'seek', by: 5 });
    expect(key('ArrowUp')).toEqual({ do: 'volume', by: 0.1 });
    expect(key('?', 'Slash', { shiftKey: true })).toEqual({ do: 'help' });
    expect(key('5', 'Digit5')).toEqual({ do: 'seekTo', part: 0.5 });
  });

  it('lead to chapters, lessons, transcript and the small player', () => {
    expect(key('ArrowRight', 'ArrowRight', { shiftKey: true })).toEqual({ do: 'chapter', forward: true });
    expect(key('ArrowLeft', 'ArrowLeft', { shiftKey: true })).toEqual({ do: 'chapter', forward: false });
    expect(key('N', 'KeyN', { shiftKey: true })).toEqual({ do: 'next' });
    expect(key('P', 'KeyP', { shiftKey: true })).toEqual({ do: 'previous' });
    expect(key('t', 'KeyT')).toEqual({ do: 'transcript' });
    expect(key('p', 'KeyP')).toEqual({ do: 'mini' });
    expect(key('c', 'KeyC')).toEqual({ do: 'captions' });
  });

  it('lie in the same place on a Russian and a Hebrew keyboard', () => {
    expect(key('л', 'KeyK')).toEqual({ do: 'toggle' });
    expect(key('כ', 'KeyF')).toEqual({ do: 'fullscreen' });
  });

  it('leave the shortcuts of the browser alone', () => {
    expect(key('l', 'KeyL', { ctrlKey: true })).toBeUndefined();
    expect(key('k', 'KeyK', { metaKey: true })).toBeUndefined();
    expect(key('ArrowLeft', '', { altKey: true })).toBeUndefined();
  });

  it('step through the speeds and stop at both ends', () => {
    expect(nextRate(1, true)).toBe(1.25);
    expect(nextRate(2, true)).toBe(2);
    expect(nextRate(0.5, false)).toBe(0.5);
    expect(nextRate(1.1, false)).toBe(1);
  });

  it('are left to what has the focus', () => {
    document.body.innerHTML = `<textarea></textarea><button></button><input type="range"><p></p>
      <div role="log" tabindex="0"><span></span></div><div role="menu"><b></b></div>`;
    const taken = (selector: string, name: string) => takenBy(document.querySelector(selector), name);
    expect(taken('textarea', 'k')).toBe(true);
    expect(taken('button', ' ')).toBe(true);
    expect(taken('button', 'k')).toBe(false);
    expect(taken('input', 'ArrowRight')).toBe(true);
    expect(taken('[role=log]', ' ')).toBe(true);
    expect(taken('[role=log] span', 'End')).toBe(true);
    expect(taken('[role=menu] b', 'ArrowDown')).toBe(true);
    expect(taken('p', ' ')).toBe(false);
  });

  it('that scroll the page are told apart from the others', () => {
    for (const name of ['ArrowUp', 'ArrowDown', 'Home', 'End']) expect(scrolls(name)).toBe(true);
    for (const name of ['ArrowLeft', 'ArrowRight', ' ', 'k', '5']) expect(scrolls(name)).toBe(false);
  });
});
