import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '~/live/protocol';
import { chatItems } from './items';

const message = (seq: number, author: string, at: string): ChatMessage => ({
  id: `m${seq}`,
  seq,
  author,
  author_name: author,
  author_role: 'student',
  body: 'x',
  created_at: at,
  version: 1,
});
const dayOf = (at: Date) => at.toISOString().slice(0, 10);
const shape = (messages: ChatMessage[], unread?: number) =>
  chatItems(messages, [], 'me', unread, dayOf).map((item) =>
    item.kind === 'message'
      ? `${item.message.seq}${item.first ? '<' : ''}${item.last ? '>' : ''}`
      : item.kind,
  );

describe('the list of a chat', () => {
  it('divides days and gathers runs of one author', () => {
    const messages = [
      message(1, 'a', '2026-11-19T23:00:00Z'),
      message(2, 'a', '2026-11-20T10:00:00Z'),
      message(3, 'a', '2026-11-20T10:01:00Z'),
      message(4, 'b', '2026-11-20T10:02:00Z'),
      message(5, 'b', '2026-11-20T11:02:00Z'),
    ];
    expect(shape(messages)).toEqual(['day', '1<>', 'day', '2<', '3>', '4<>', '5<>']);
  });

  it('marks the first message of somebody else that is new, once', () => {
    const at = '2026-11-20T10:00:00Z';
    const messages = [message(1, 'a', at), message(2, 'me', at), message(3, 'a', at), message(4, 'b', at)];
    expect(shape(messages, 1)).toEqual(['day', '1<>', '2<>', 'new', '3<>', '4<>']);
    expect(shape(messages, 4)).not.toContain('new');
    expect(shape(messages)).not.toContain('new');
  });

  it('ends with what is still unsent', () => {
    const unsent = {
      client_id: 'c',
      user: 'me',
      room: 'r',
      body: 'b',
      written: 0,
      state: 'sending',
    } as const;
    expect(chatItems([], [unsent], 'me', undefined, dayOf)).toEqual([{ kind: 'unsent', key: 'c', unsent }]);
  });
});
