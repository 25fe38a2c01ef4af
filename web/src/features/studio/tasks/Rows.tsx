// Rows of a key or of options: up, down, away, and one more.
import { Button } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { moved } from '~/features/tasks/answer';
import css from './TaskEditor.module.css';

type Props<T> = {
  rows: readonly T[];
  keyOf: (row: T, index: number) => string;
  draw: (row: T, index: number) => ReactNode;
  change: (rows: T[]) => void;
  /** A new row; absent where there may be no more. */
  add?: (() => T) | undefined;
  addWords: string;
  /** So many must stay. */
  least?: number;
  /** Rows have an order that means something. */
  ordered?: boolean;
};

export function Rows<T>({ rows, keyOf, draw, change, add, addWords, least = 0, ordered = false }: Props<T>) {
  const { t } = useTranslation('taskEditor');
  return (
    <div className={css.rows}>
      <ul>
        {rows.map((row, index) => (
          <li key={keyOf(row, index)} className={css.row}>
            {draw(row, index)}
            {ordered && (
              <>
                <Tool
                  label={t('up', { number: index + 1 })}
                  disabled={index === 0}
                  act={() => change(moved(rows, index, index - 1))}
                  icon={IconArrowUp}
                />
                <Tool
                  label={t('down', { number: index + 1 })}
                  disabled={index === rows.length - 1}
                  act={() => change(moved(rows, index, index + 1))}
                  icon={IconArrowDown}
                />
              </>
            )}
            <Tool
              label={t('remove', { number: index + 1 })}
              disabled={rows.length <= least}
              act={() => change(rows.filter((_row, at) => at !== index))}
              icon={IconX}
            />
          </li>
        ))}
      </ul>
      {add && (
        <div>
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
            onClick={() => change([...rows, add()])}
          >
            {addWords}
          </Button>
        </div>
      )}
    </div>
  );
}

export function Tool({
  label,
  act,
  icon: Icon,
  disabled = false,
}: {
  label: string;
  act: () => void;
  icon: typeof IconX;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      className={css.tool}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={act}
    >
      <Icon size={18} stroke={1.75} />
    </button>
  );
}
