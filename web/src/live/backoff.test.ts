import { describe, expect, it } from 'vitest';
import { comeback, delay, wait } from './backoff';

/** MSG-01 */
describe('coming back after a close', () => {
  it('follows the class of the code', () => {
    expect([4000, 4002, 4003, 4006, 4007, 4008, 1002, 1003, 1007].map(comeback)).toEqual(
      new Array(9).fill('stay'),
    );
    expect([4100, 4101, 4102].map(comeback)).toEqual(['late', 'late', 'late']);
    expect([4200, 4201, 4202, 4203, 1000, 1001, 1005, 1006, 1011, 1012].map(comeback)).toEqual(
      new Array(10).fill('now'),
    );
    expect(comeback(4001)).toBe('renew');
  });

  it('waits at random below a bound that doubles up to half a minute', () => {
    expect(delay(0, 1)).toBe(500);
    expect(delay(3, 1)).toBe(4000);
    expect(delay(40, 1)).toBe(30_000);
    expect(delay(40, 0)).toBe(0);
  });

  it('gives an overloaded server at least half a minute, and maintenance what it asks for', () => {
    expect(wait(4100, 0, 0)).toBe(30_000);
    expect(wait(4102, 0, 0, { reason: '120' })).toBe(120_000);
    expect(wait(4102, 0, 0, { reason: 'soon' })).toBe(30_000);
  });

  it('spreads over the time that a restarting server named, once', () => {
    expect(wait(4200, 0, 1, { spreadSeconds: 20 })).toBe(20_000);
    expect(wait(4200, 1, 1, { spreadSeconds: 20 })).toBe(1000);
  });
});
