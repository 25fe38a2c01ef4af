import { describe, expect, it } from 'vitest';
import { sends } from './prefs';

const press = (more: Partial<Parameters<typeof sends>[0]> = {}) => ({
  key: 'Enter',
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  isComposing: false,
  ...more,
});

describe('the key that sends', () => {
  it('is Enter, and with Shift it begins a new line', () => {
    expect(sends(press(), true, false)).toBe(true);
    expect(sends(press({ shiftKey: true }), true, false)).toBe(false);
  });

  it('is Ctrl or Command with Enter for who wants it so, and everywhere', () => {
    expect(sends(press(), false, false)).toBe(false);
    expect(sends(press({ ctrlKey: true }), false, false)).toBe(true);
    expect(sends(press({ metaKey: true }), true, true)).toBe(true);
  });

  it('is none on a touch screen, nor while an input method makes a word', () => {
    expect(sends(press(), true, true)).toBe(false);
    expect(sends(press({ isComposing: true }), true, false)).toBe(false);
  });
});
