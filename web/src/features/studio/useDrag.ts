// Dragging in the tree by pointer: what is held, where it would land, and the move when it is let go. Escape takes back.
// Held near an edge, the tree (or the page, where the tree does not scroll by itself) scrolls under it.
import { type CSSProperties, type PointerEvent, useEffect, useRef, useState } from 'react';
import { edgeSpeed, scrollerOf } from './edge';
import { moveLesson, moveModule, type Order } from './order';
import { currentOrder } from './programme';
import type { StudioCourse } from './queries';

type Kind = 'lesson' | 'module';
/** `startTop` is the place of the list on the screen when it was taken: what scrolls under the pointer counts as a move. */
type Held = { id: string; kind: Kind; startY: number; startTop: number; pointer: number };
/** Where it would land. A module before the named one (or at the end); a lesson at an index of a module. */
type Line =
  | { kind: 'module'; module: string | undefined }
  | { kind: 'lesson'; module: string; index: number };

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

  const pointerY = useRef(0);
  const follow = (now: Held) => {
    const y = pointerY.current;
    const top = list.current?.getBoundingClientRect().top ?? now.startTop;
    setBy(y - now.startY - (top - now.startTop));
    setLine(aim(now.kind, y));
  };

  // Time goes on while the pointer rests at an edge, and no event comes then.
  const latest = useRef(follow);
  latest.current = follow;
  useEffect(() => {
    const box = list.current;
    if (!held || !box) return;
    const scroller = scrollerOf(box);
    // What is held makes the list longer where it hangs out: the end is where it was when it was taken.
    const end = scroller.scrollHeight - scroller.clientHeight;
    let before = performance.now();
    let frame = 0;
    const step = (now: number) => {
      const { top, bottom } =
        scroller === document.scrollingElement
          ? { top: 0, bottom: innerHeight }
          : scroller.getBoundingClientRect();
      const speed = edgeSpeed(pointerY.current, Math.max(0, top), Math.min(innerHeight, bottom));
      const was = scroller.scrollTop;
      // Behaviour "instant": a page that scrolls smoothly would never arrive.
      const to = Math.min(end, was + speed * Math.min(50, now - before));
      if (speed !== 0) scroller.scrollTo({ top: to, behavior: 'instant' });
      if (scroller.scrollTop !== was) latest.current(held);
      before = now;
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [held]);

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
        pointerY.current = event.clientY;
        const startTop = list.current?.getBoundingClientRect().top ?? 0;
        setHeld({ id, kind, startY: event.clientY, startTop, pointer: event.pointerId });
      },
      onPointerMove(event: PointerEvent<HTMLElement>) {
        if (held?.id !== id || held.pointer !== event.pointerId) return;
        pointerY.current = event.clientY;
        follow(held);
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
