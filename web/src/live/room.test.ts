import { describe, expect, it } from 'vitest';
import type { ChatMessage, Entry, JoinedFrame } from './protocol';
import {
  emptyRoom,
  hasHole,
  onEntries,
  onJoined,
  onMarks,
  onOlder,
  onOwnMark,
  type RoomState,
  receiptOf,
  resumeFrom,
} from './room';

const message = (seq: number): ChatMessage => ({
  id: `m${seq}`,
  seq,
  author: 'a',
  author_name: 'A',
  author_role: 'student',
  body: `text ${seq}`,
  created_at: '2026-11-20T15:00:00Z',
  version: 1,
});
const entry = (seq: number): Entry => ({ t: 'msg', seq, m: message(seq) });
const seqs = (state: RoomState) => state.messages.map((item) => item.seq);
const fresh = (head: number, page: number[], entries: Entry[] = []): JoinedFrame => ({
  t: 'joined',
  topic: 'room:r',
  epoch: 'e1',
  head,
  resumed: false,
  page: { items: page.map(message), has_more: page[0] !== 1 },
  entries,
});
const joined = onJoined(emptyRoom, fresh(3, [1, 2, 3]));

/** Same answers at every run: a failure can be looked at again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** MSG-01 */
describe('the chain of a room', () => {
  it('starts from the page of the first join', () => {
    expect(seqs(joined)).toEqual([1, 2, 3]);
    expect(resumeFrom(joined)).toEqual({ last_seq: 3, epoch: 'e1' });
    expect(resumeFrom(emptyRoom)).toEqual({});
  });

  it('applies the next entry, drops a double, and holds one that comes early', () => {
    let state = onEntries(joined, [entry(4), entry(4), entry(2)]);
    expect(seqs(state)).toEqual([1, 2, 3, 4]);
    state = onEntries(state, [entry(6), entry(7)]);
    expect(seqs(state)).toEqual([1, 2, 3, 4]);
    expect(hasHole(state)).toBe(true);
    state = onEntries(state, [entry(5)]);
    expect(seqs(state)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(hasHole(state)).toBe(false);
  });

  it('moves on over entries that are hidden or of a kind unknown to this version', () => {
    const state = onEntries(joined, [{ t: 'skip', seq: 4 }, { t: 'poll', seq: 5 }, entry(6)]);
    expect(state.last).toBe(6);
    expect(seqs(state)).toEqual([1, 2, 3, 6]);
  });

  it('resumes with what was missed and keeps what it had', () => {
    const state = onJoined(onEntries(joined, [entry(5)]), {
      t: 'joined',
      topic: 'room:r',
      epoch: 'e1',
      head: 6,
      resumed: true,
      entries: [entry(4), entry(5), entry(6)],
    });
    expect(seqs(state)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(hasHole(state)).toBe(false);
  });

  it('drops its cache when the server does not resume', () => {
    const state = onJoined(joined, { ...fresh(900, [870, 871]), epoch: 'e2' });
    expect(seqs(state)).toEqual([870, 871]);
    expect(state.last).toBe(900);
    expect(resumeFrom(state)).toEqual({ last_seq: 900, epoch: 'e2' });
  });

  it('counts from the page when entries were committed while it was read', () => {
    const state = onJoined(emptyRoom, fresh(12, [8, 9, 10], [entry(11), entry(12)]));
    expect(seqs(state)).toEqual([8, 9, 10, 11, 12]);
    expect(state.last).toBe(12);
  });

  it('keeps live entries that overtook the answer to a join', () => {
    const early = onEntries(emptyRoom, [entry(4)]);
    expect(seqs(onJoined(early, fresh(3, [1, 2, 3])))).toEqual([1, 2, 3, 4]);
    expect(seqs(onJoined(early, fresh(4, [1, 2, 3, 4])))).toEqual([1, 2, 3, 4]);
  });

  it('never shows a hole, a double or a wrong order, however frames are lost, doubled and exchanged', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = generator(seed);
      const head = 40;
      let state = joined;
      let wire: Entry[] = [];
      for (let seq = 4; seq <= head; seq++) {
        if (random() < 0.15) continue;
        wire.push(entry(seq));
        if (random() < 0.15) wire.push(entry(seq));
      }
      wire = wire
        .map((item) => ({ item, at: item.seq + random() * 6 }))
        .sort((a, b) => a.at - b.at)
        .map(({ item }) => item);
      while (wire.length > 0) {
        state = onEntries(state, wire.splice(0, 1 + Math.floor(random() * 4)));
        expect(seqs(state)).toEqual(Array.from({ length: state.last }, (_, index) => index + 1));
      }
      const { last_seq: from = 0 } = resumeFrom(state);
      state = onJoined(state, {
        t: 'joined',
        topic: 'room:r',
        epoch: 'e1',
        head,
        resumed: true,
        entries: Array.from({ length: head - from }, (_, index) => entry(from + 1 + index)),
      });
      expect(seqs(state)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
      expect(hasHole(state)).toBe(false);
    }
  });
});

describe('older messages', () => {
  it('come before what is there, without doubles', () => {
    const state = onOlder(onJoined(emptyRoom, fresh(9, [8, 9])), {
      items: [message(7), message(6), message(8)],
      has_more: false,
    });
    expect(seqs(state)).toEqual([6, 7, 8, 9]);
    expect(state.hasOlder).toBe(false);
  });
});

/** MSG-04 */
describe('marks', () => {
  it('only grow, on this device and on others', () => {
    const state = onOwnMark(onOwnMark(joined, { read: 3, delivered: 3 }), { read: 1, delivered: 2 });
    expect(state.me).toEqual({ read: 3, delivered: 3 });
  });

  it('tell how far a message of mine has come with anybody else', () => {
    expect(receiptOf(joined, 'me', 3)).toBe('sent');
    let state = onMarks(joined, [{ user: 'me', read: 9, delivered: 9 }]);
    expect(receiptOf(state, 'me', 3)).toBe('sent');
    state = onMarks(state, [{ user: 'b', read: 2, delivered: 3 }]);
    expect(receiptOf(state, 'me', 3)).toBe('delivered');
    expect(receiptOf(state, 'me', 2)).toBe('read');
  });
});
