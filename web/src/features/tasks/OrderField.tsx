// Putting items in order: buttons for every step, by keyboard (Space takes, arrows move, Space drops, Escape takes back),
// and by dragging the grip.
import { IconArrowDown, IconArrowUp, IconGripVertical } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { InlineText, plainText } from '~/ui/RichText';
import { useFormat } from '~/ui/useFormat';
import css from './Answer.module.css';
import { moved } from './answer';
import type { Labelled } from './contract';

type Props = {
  items: readonly Labelled[];
  order: readonly string[];
  change: (order: string[]) => void;
  left?: () => void;
  error?: string | undefined;
  labelledBy: string;
};

type Held = { id: string; before: readonly string[]; how: 'keys' | 'pointer' };

export function OrderField({ items, order, change, left, error, labelledBy }: Props) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const list = useRef<HTMLOListElement>(null);
  const [held, setHeld] = useState<Held | undefined>(undefined);
  const [spoken, setSpoken] = useState('');
  const help = useId();
  const byId = new Map(items.map((item) => [item.id, item]));
  const where = (index: number) =>
    t('movedTo', { place: format.number(index + 1), all: format.number(order.length) });
  const nameOf = (id: string) => plainText(byId.get(id)?.text);

  const move = (id: string, to: number) => {
    const from = order.indexOf(id);
    if (from < 0 || to < 0 || to >= order.length || to === from) return;
    change(moved(order, from, to));
    setSpoken(where(to));
  };
  const step = (id: string, by: 1 | -1, button: HTMLElement) => {
    move(id, order.indexOf(id) + by);
    // Its row may be drawn in another place: the focus goes with it. At an end the button is no more, its row still is.
    requestAnimationFrame(() => {
      const still = button.matches(':disabled') ? button.closest('li')?.querySelector('button') : button;
      still?.focus();
    });
  };
  const keys = (event: KeyboardEvent<HTMLElement>, id: string) => {
    const mine = held?.id === id && held.how === 'keys';
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      setHeld(mine ? undefined : { id, before: order, how: 'keys' });
      setSpoken(t(mine ? 'dropped' : 'taken', { name: nameOf(id) }));
      return;
    }
    if (event.key === 'Escape' && mine) {
      event.preventDefault();
      event.stopPropagation();
      change([...held.before]);
      setHeld(undefined);
      setSpoken(t('takenBack', { name: nameOf(id) }));
      return;
    }
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key] as 1 | -1 | undefined;
    if (by === undefined || !(mine || event.altKey)) return;
    event.preventDefault();
    step(id, by, event.currentTarget);
  };
  // The pointer is followed wherever it is: a row that is drawn in another place no longer has it to itself.
  const dragged = held?.how === 'pointer' ? held.id : undefined;
  const follow = useRef((_y: number) => {});
  follow.current = (y) => {
    const rows = [...(list.current?.children ?? [])];
    const to = rows.findIndex((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return y >= top && y < bottom;
    });
    if (dragged !== undefined && to >= 0) move(dragged, to);
  };
  const leave = useRef(left);
  leave.current = left;
  useEffect(() => {
    if (dragged === undefined) return;
    const drag = (event: PointerEvent) => follow.current(event.clientY);
    const drop = () => {
      setHeld(undefined);
      leave.current?.();
    };
    addEventListener('pointermove', drag);
    addEventListener('pointerup', drop);
    addEventListener('pointercancel', drop);
    return () => {
      removeEventListener('pointermove', drag);
      removeEventListener('pointerup', drop);
      removeEventListener('pointercancel', drop);
    };
  }, [dragged]);
  return (
    <fieldset className={css.group} aria-labelledby={labelledBy} aria-describedby={help}>
      <p id={help} className={css.pick}>
        {t('orderHelp')}
      </p>
      <ol className={css.order} ref={list}>
        {order.map((id, index) => (
          <li key={id} data-item={id} className={held?.id === id ? css.held : ''}>
            <button
              type="button"
              className={css.grip}
              aria-label={t('place', { name: nameOf(id), place: format.number(index + 1) })}
              aria-pressed={held?.id === id}
              onKeyDown={(event) => keys(event, id)}
              onBlur={() => {
                if (held?.how === 'keys') setHeld(undefined);
                left?.();
              }}
              onPointerDown={(event) => {
                if (event.button === 0) setHeld({ id, before: order, how: 'pointer' });
              }}
            >
              <IconGripVertical size={20} stroke={1.75} aria-hidden />
            </button>
            <span className={css.orderPlace}>{format.number(index + 1)}</span>
            <span className="grow">{byId.get(id) && <InlineText doc={byId.get(id)?.text ?? ''} />}</span>
            <button
              type="button"
              className={css.step}
              aria-label={t('up', { name: nameOf(id) })}
              disabled={index === 0}
              onClick={(event) => step(id, -1, event.currentTarget)}
            >
              <IconArrowUp size={18} stroke={1.75} aria-hidden />
            </button>
            <button
              type="button"
              className={css.step}
              aria-label={t('down', { name: nameOf(id) })}
              disabled={index === order.length - 1}
              onClick={(event) => step(id, 1, event.currentTarget)}
            >
              <IconArrowDown size={18} stroke={1.75} aria-hidden />
            </button>
          </li>
        ))}
      </ol>
      {error && (
        <p className={css.fault} role="alert">
          {error}
        </p>
      )}
      <span className="hidden" aria-live="polite">
        {spoken}
      </span>
    </fieldset>
  );
}
