import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '~/live/protocol';
import { unreadOf } from './unread';

const messages = (...authors: string[]) =>
  authors.map((author, index) => ({ seq: index + 11, author }) as unknown as ChatMessage);

/** WEB-10 */
describe('the sign of new messages', () => {
  it('counts those of others after the own mark', () => {
    const room = { messages: messages('a', 'me', 'b', 'b'), me: { read: 11, delivered: 14 }, hasOlder: true };
    expect(unreadOf(room, 'me')).toEqual({ count: 2, more: false });
  });

  it('says that there may be more when the first one here is unread already', () => {
    const room = { messages: messages('a', 'b'), me: { read: 3, delivered: 3 }, hasOlder: true };
    expect(unreadOf(room, 'me')).toEqual({ count: 2, more: true });
    expect(unreadOf({ ...room, hasOlder: false }, 'me')).toEqual({ count: 2, more: false });
  });

  it('is nothing in an empty room', () => {
    expect(unreadOf({ messages: [], me: { read: 0, delivered: 0 }, hasOlder: false }, 'me').count).toBe(0);
  });
});
