// @vitest-environment happy-dom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useIntent } from './useIntent';
import { useKept } from './useKept';
import { useTyped } from './useTyped';

vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);

let root: Root;
beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  root = createRoot(document.createElement('div'));
});
afterEach(async () => {
  await act(async () => root.unmount());
  vi.useRealTimers();
});
const draw = (what: () => null, key = '') => {
  const What = what;
  return act(async () => root.render(<What key={key} />));
};

/** screens, 74 */
describe('a search field that looks while one types', () => {
  let q = '';
  let text = '';
  let type: (text: string) => void;
  const set = vi.fn();
  const Field = () => {
    [text, type] = useTyped(q, set);
    return null;
  };

  it('takes no letter back that was typed while the page took over the ones before', async () => {
    await draw(Field);
    await act(async () => type('in'));
    await act(async () => vi.advanceTimersByTime(400));
    expect(set).toHaveBeenLastCalledWith('in');
    await act(async () => type('ind'));
    q = 'in';
    await draw(Field);
    expect(text).toBe('ind');
    await act(async () => vi.advanceTimersByTime(400));
    expect(set).toHaveBeenLastCalledWith('ind');
    q = 'ind';
    await draw(Field);
    // Taken away elsewhere, and brought back by Back.
    for (const next of ['', 'ind']) {
      q = next;
      await draw(Field);
      expect(text).toBe(next);
    }
  });
});

describe('what is typed into a form', () => {
  it('is kept until it was sent', async () => {
    let text = '';
    let type: (text: string) => void = () => undefined;
    let forget = () => {};
    const Form = () => {
      [text, type, forget] = useKept('ilm.form');
      return null;
    };
    await draw(Form, 'one');
    await act(async () => type('Why is it slow?'));
    await draw(Form, 'two');
    expect(text).toBe('Why is it slow?');
    forget();
    await draw(Form, 'three');
    expect(text).toBe('');
  });

  it('is one intent as long as it is the same', async () => {
    let intent: (content: string) => string = () => '';
    const Form = () => {
      intent = useIntent();
      return null;
    };
    await draw(Form);
    const first = intent('a');
    expect(intent('a')).toBe(first);
    expect(intent('b')).not.toBe(first);
  });
});
