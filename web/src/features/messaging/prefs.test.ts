import { describe, expect, it, vi } from 'vitest';
import { keepDraft, readDraft, sends } from './prefs';

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

/** screens, 66 */
describe('a draft', () => {
  const store = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => void store.set(key, value),
    removeItem: (key: string) => void store.delete(key),
  });

  it('keeps the words with what they answer, the moment and the people, for each person and room', () => {
    const reply = { id: 'm', seq: 3, author_name: 'Ben', text: 'why' };
    const draft = { text: ' half a ', at: 73, reply, people: [{ id: 'u', name: 'Ben' }] };
    keepDraft('me', 'r', draft);
    expect(readDraft('me', 'r')).toEqual(draft);
    expect(readDraft('me', 's')).toEqual({ text: '' });
    expect(readDraft('you', 'r')).toEqual({ text: '' });
    keepDraft('me', 'r', { text: ' ', reply });
    expect(store.size).toBe(0);
  });

  it('reads words that were kept as they are', () => {
    for (const text of ['half', '{"a":1}', '12', '{']) {
      store.set('ilm.draft.me.r', text);
      expect(readDraft('me', 'r')).toEqual({ text });
    }
  });
});
