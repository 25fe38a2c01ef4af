import { describe, expect, it, vi } from 'vitest';
import { fetchPage, PageUnreachable } from './lazyPage';

const gone = new TypeError('Failed to fetch dynamically imported module: /assets/HomePage-1.js');
const failing = () => Promise.reject(gone);

/** WEB-01 */
describe('the code of a page', () => {
  it('comes without asking the server anything else', async () => {
    const answers = vi.fn(async () => true);
    expect(await fetchPage(async () => 'code', answers)).toBe('code');
    expect(answers).not.toHaveBeenCalled();
  });

  it('is out of reach without a network', async () => {
    await expect(fetchPage(failing, async () => false)).rejects.toBeInstanceOf(PageUnreachable);
  });

  it('is gone after a release when the server answers', async () => {
    await expect(fetchPage(failing, async () => true)).rejects.toBe(gone);
  });

  it('is tried once more when the network is back already', async () => {
    let attempts = 0;
    const second = async () => (attempts++ === 0 ? failing() : 'code');
    expect(await fetchPage(second, async () => true)).toBe('code');
  });
});
