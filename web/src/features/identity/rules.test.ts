import { describe, expect, it } from 'vitest';
import * as rules from './rules';

/** WEB-08 */
describe('the fields of sign-in and registration', () => {
  it('say how many characters a password still needs, counted as people count', () => {
    expect(rules.newPassword('12345678')).toEqual({ key: 'problem.passwordShort', count: 2 });
    expect(rules.newPassword('пароль👋👋👋👋')).toBeUndefined();
    expect(rules.newPassword('')).toEqual({ key: 'problem.required' });
  });

  it('take a code with spaces in it and count what is missing', () => {
    expect(rules.code('123 456')).toBeUndefined();
    expect(rules.code('１２３')).toEqual({ key: 'problem.codeShort', count: 3 });
  });

  it('want an @ and a domain in an address', () => {
    expect(rules.email('name@example.com')).toBeUndefined();
    expect(rules.email('name@example')).toEqual({ key: 'problem.email' });
    expect(rules.email(' ')).toEqual({ key: 'problem.required' });
  });

  it('take a phone with its country code, or none at all', () => {
    expect(rules.phone('')).toBeUndefined();
    expect(rules.phone('+998 (90) 123-45-67')).toBeUndefined();
    expect(rules.phone('901234567')).toEqual({ key: 'problem.phone' });
  });
});

describe('the page after sign-in', () => {
  it('is a page of this site', () => {
    expect(rules.safeNext('/courses/1?x=2#y')).toBe('/courses/1?x=2#y');
  });
  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', 7, undefined])(
    'is never %s',
    (next) => expect(rules.safeNext(next)).toBeUndefined(),
  );
});
