// The state of a task, and the verdict on an answer: icon, word and colour.
import {
  IconCircle,
  IconCircleCheckFilled,
  IconCircleHalf2,
  IconCircleX,
  IconHourglass,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { TaskState, Verdict } from './contract';
import css from './Task.module.css';

const icons = {
  new: IconCircle,
  right: IconCircleCheckFilled,
  partial: IconCircleHalf2,
  wrong: IconCircleX,
  pending: IconHourglass,
} as const;

/** `word`: the word is seen beside it; else it is only read aloud. */
export function TaskMark({ state, word = false }: { state: TaskState | Verdict; word?: boolean }) {
  const { t } = useTranslation('tasks');
  const Icon = icons[state];
  return (
    <span className={`${css.mark} ${css[`is_${state}`]}`}>
      <Icon size={20} stroke={1.75} aria-hidden />
      <span className={word ? '' : 'hidden'}>{t(`state.${state}`)}</span>
    </span>
  );
}
