// Dragging in the tree by pointer: what is held, where it would land, and the move when it is let go. Escape takes back.
import { type CSSProperties, type PointerEvent, useEffect, useRef, useState } from 'react';
import { moveLesson, moveModule, type Order } from './order';
import { currentOrder } from './programme';
import type { StudioCourse } from './queries';

type Kind = 'lesson' | 'module';
type Held = { id: string; kind: Kind; startY: number; pointer: number };
/** Where it would land. A module before the named one (or at the end); a lesson at an index of a module. */
type Line =
  | { kind: 'module'; module: string | undefined }
  | { kind: 'lesson'; module: string; index: number };

/** Nearer than this to the edge of the window the page scrolls, in pixels. */
const EDGE = 60;

export function useDrag(course: StudioCourse, drop: (order: Order, moved: string) => void) {
  const list = useRef<HTMLOListElement>(null);
  const [held, setHeld] = useState<Held | undefined>(undefined);
  const [line, setLine] = useState<Line | undefined>(undefined);
  const [by, setBy] = useState(0);

  const end = () => {
    setHeld(undefined);
    setLine(undefined);
    setBy(0);
  };

  useEffect(() => {
    if (!held) return;
    const giveUp = (event: KeyboardEvent) => {
      if (event.key === 'Escape') end();
    };
    addEventListener('keydown', giveUp);
    return () => removeEventListener('keydown', giveUp);
  });

  /** The place under the pointer. */
  function aim(kind: Kind, y: number): Line | undefined {
    const box = list.current;
    if (!box) return undefined;
    const modules = [...box.querySelectorAll<HTMLElement>(':scope > [data-module]')];
    if (kind === 'module') {
      const before = modules.find((item) => {
        const { top, height } = item.getBoundingClientRect();
        return y < top + height / 2;
      });
      return { kind, module: before?.dataset.module };
    }
    const inside = modules.findLast((item) => item.getBoundingClientRect().top <= y) ?? modules[0];
    const module = inside?.dataset.module;
    if (!inside || !module) return undefined;
    const lessons = [...inside.querySelectorAll<HTMLElement>('[data-lesson]')];
    const open = inside.querySelector('[data-lessons]') !== null;
    const index = lessons.findIndex((item) => {
      const { top, height } = item.getBoundingClientRect();
      return y < top + height / 2;
    });
    // A closed module takes it at its end.
    const count = course.modules.find((item) => item.id === module)?.lessons.length ?? 0;
    return { kind, module, index: index < 0 || !open ? count : index };
  }

  function landed(now: Held, where: Line): Order {
    const order = currentOrder(course);
    if (where.kind === 'lesson') return moveLesson(order, now.id, where);
    const index =
      where.module === undefined ? order.length : order.findIndex(({ id }) => id === where.module);
    return moveModule(order, now.id, index);
  }

  return {
    list,
    line: held ? line : undefined,
    classFor: (id: string): boolean => held?.id === id,
    styleFor: (id: string): CSSProperties =>
      held?.id === id && held.kind === 'lesson' ? { transform: `translateY(${by}px)` } : {},
    grip: (id: string, kind: Kind) => ({
      onPointerDown(event: PointerEvent<HTMLElement>) {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setHeld({ id, kind, startY: event.clientY, pointer: event.pointerId });
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        if (held?.id !== id || held.pointer !== event.pointerId) return;
        setBy(event.clientY - held.startY);
        setLine(aim(kind, event.clientY));
        if (event.clientY < EDGE) scrollBy(0, -12);
        else if (event.clientY > innerHeight - EDGE) scrollBy(0, 12);
      },
      onPointerUp(event: PointerEvent<HTMLElement>) {
        if (held?.id !== id || held.pointer !== event.pointerId) return;
        if (line) drop(landed(held, line), id);
        end();
      },
      onPointerCancel: end,
    }),
  };
}
