import { describe, expect, it } from 'vitest';
import { withToken } from './token';

/** MED-12 */
describe('the token in the address of a stream', () => {
  it('is replaced by the renewed one, whatever the file', () => {
    const master = 'http://x/m/new.token/v1/master.m3u8';
    expect(withToken('http://x/m/old/v1/720/12.m4s', master)).toBe('http://x/m/new.token/v1/720/12.m4s');
    expect(withToken('http://x/m/old/v1/k/0', master)).toBe('http://x/m/new.token/v1/k/0');
  });

  it('leaves an address without a token alone', () => {
    expect(withToken('http://x/other.ts', '/m/t/v/master.m3u8')).toBe('http://x/other.ts');
  });
});
