import { describe, expect, it } from 'vitest';
import { arrange, moveLesson, moveModule, type Order, sameOrder, stepLesson, stepModule } from './order';

const order: Order = [
  { id: 'A', lessons: ['1', '2', '3'] },
  { id: 'B', lessons: [] },
  { id: 'C', lessons: ['4'] },
];
const text = (value: Order) => value.map(({ id, lessons }) => `${id}${lessons.join('')}`).join(' ');

/** TCH-04 */
describe('moving in the programme', () => {
  it('puts a lesson before the one it was dropped on', () => {
    expect(text(moveLesson(order, '1', { module: 'A', index: 2 }))).toBe('A213 B C4');
    expect(text(moveLesson(order, '3', { module: 'A', index: 0 }))).toBe('A312 B C4');
    expect(text(moveLesson(order, '2', { module: 'C', index: 1 }))).toBe('A13 B C42');
    expect(text(moveLesson(order, '2', { module: 'B', index: 9 }))).toBe('A13 B2 C4');
  });

  it('changes nothing when it is dropped where it was', () => {
    expect(sameOrder(moveLesson(order, '2', { module: 'A', index: 1 }), order)).toBe(true);
    expect(sameOrder(moveLesson(order, '2', { module: 'A', index: 2 }), order)).toBe(true);
    expect(sameOrder(moveLesson(order, 'nobody', { module: 'A', index: 2 }), order)).toBe(true);
    expect(sameOrder(moveLesson(order, '1', { module: 'nowhere', index: 0 }), order)).toBe(true);
  });

  it('moves modules', () => {
    expect(text(moveModule(order, 'A', 3))).toBe('B C4 A123');
    expect(text(moveModule(order, 'C', 0))).toBe('C4 A123 B');
  });

  it('steps by keyboard, over the edge of a module too', () => {
    expect(text(stepLesson(order, '2', -1))).toBe('A213 B C4');
    expect(text(stepLesson(order, '2', 1))).toBe('A132 B C4');
    expect(text(stepLesson(order, '3', 1))).toBe('A12 B3 C4');
    expect(text(stepLesson(order, '4', -1))).toBe('A123 B4 C');
    expect(text(stepLesson(order, '1', -1))).toBe('A123 B C4');
    expect(text(stepLesson(order, '4', 1))).toBe('A123 B C4');
    expect(text(stepModule(order, 'B', -1))).toBe('B A123 C4');
    expect(text(stepModule(order, 'B', 1))).toBe('A123 C4 B');
    expect(text(stepModule(order, 'A', -1))).toBe('A123 B C4');
  });

  it('arranges what is shown by an order, and drops what is gone', () => {
    const modules = [
      { id: 'A', lessons: [{ id: '1' }, { id: '2' }] },
      { id: 'B', lessons: [] },
    ];
    const wanted: Order = [
      { id: 'B', lessons: ['2', 'gone'] },
      { id: 'A', lessons: ['1'] },
    ];
    expect(arrange(modules, wanted)).toEqual([
      { id: 'B', lessons: [{ id: '2' }] },
      { id: 'A', lessons: [{ id: '1' }] },
    ]);
  });
});
