// A list of short lines: what one learns, what one needs. Enter begins the next line, Backspace on an empty one ends it.
import { Button, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asTyped } from '~/ui/typedDir';
import css from './Builder.module.css';

type Props = {
  label: string;
  help: string;
  add: string;
  points: readonly string[];
  change: (points: string[]) => void;
  fault: (index: number) => string | undefined;
};

const MOST = 30;

export function Points({ label, help, add, points, change, fault }: Props) {
  const { t } = useTranslation('studio');
  // Empty lines live here only: the server leaves them out.
  const [lines, setLines] = useState<string[]>(() => [...points]);
  const [focus, setFocus] = useState<number | undefined>(undefined);
  const box = useRef<HTMLFieldSetElement>(null);
  const told = useRef(points.join('\n'));
  const theirs = points.join('\n');
  useEffect(() => {
    if (theirs === told.current || box.current?.contains(document.activeElement)) return;
    told.current = theirs;
    setLines(theirs === '' ? [] : theirs.split('\n'));
  }, [theirs]);
  useEffect(() => {
    if (focus === undefined) return;
    box.current?.querySelectorAll('input')[focus]?.focus();
    setFocus(undefined);
  }, [focus]);
  const edit = (next: string[], to?: number) => {
    setLines(next);
    const full = next.map((line) => line.trim()).filter(Boolean);
    if (full.join('\n') !== told.current) {
      told.current = full.join('\n');
      change(full);
    }
    if (to !== undefined) setFocus(to);
  };
  const key = (event: KeyboardEvent, index: number) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (lines.length < MOST) edit([...lines.slice(0, index + 1), '', ...lines.slice(index + 1)], index + 1);
    } else if (event.key === 'Backspace' && lines[index] === '') {
      event.preventDefault();
      edit(
        lines.filter((_line, at) => at !== index),
        Math.max(0, index - 1),
      );
    }
  };
  return (
    <fieldset className={css.points} ref={box}>
      <legend className={css.label}>{label}</legend>
      <span className="meta mut">{help}</span>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing but its place.
        <div key={index} className={css.point}>
          <TextInput
            className="grow"
            aria-label={t('pointNumber', { label, number: index + 1 })}
            value={line}
            maxLength={200}
            {...asTyped(line)}
            error={fault(index)}
            onChange={(event) =>
              edit(lines.map((old, at) => (at === index ? event.currentTarget.value : old)))
            }
            onKeyDown={(event) => key(event, index)}
          />
          <button
            type="button"
            className={css.icon}
            aria-label={t('removePoint', { number: index + 1 })}
            onClick={() =>
              edit(
                lines.filter((_line, at) => at !== index),
                Math.max(0, index - 1),
              )
            }
          >
            <IconX size={18} stroke={1.75} />
          </button>
        </div>
      ))}
      {lines.length < MOST && (
        <div>
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
            onClick={() => edit([...lines, ''], lines.length)}
          >
            {add}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
