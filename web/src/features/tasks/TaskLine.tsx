// Tasks as a topic and a lesson list them: the state, the kind, the points, whether the chat is open.
import { IconLock, IconMessage } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import type { TaskRow } from './contract';
import { TaskMark } from './TaskMark';
import css from './Topic.module.css';

type LinesProps = { tasks: TaskRow[]; courseId: string; closed: boolean; label: string; inner?: boolean };

export function Lines({ tasks, courseId, closed, label, inner = false }: LinesProps) {
  if (tasks.length === 0) return null;
  return (
    <ul className={`${css.list} ${inner ? css.inner : ''}`} aria-label={label}>
      {tasks.map((task) => (
        <li key={task.id}>
          <TaskLine task={task} courseId={courseId} closed={closed} />
        </li>
      ))}
    </ul>
  );
}

function TaskLine({ task, courseId, closed }: { task: TaskRow; courseId: string; closed: boolean }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const facts = [
    t(`kind.${task.kind}`),
    task.tries > 0 ? t('tries', { count: task.tries, value: format.number(task.tries) }) : undefined,
    task.required ? undefined : t('optional'),
    task.drafted ? t('drafted') : undefined,
  ].filter(Boolean);
  const inside = (
    <>
      {closed ? (
        <span className={css.sign}>
          <IconLock size={20} stroke={1.75} aria-hidden />
        </span>
      ) : (
        <TaskMark state={task.state} />
      )}
      <span className={css.name}>
        <bdi>{task.title}</bdi>
        <span className={css.under}>
          {facts.join(' · ')}
          {task.chat === 'open' && task.chat_after > 0 && task.state !== 'right' && (
            <span className={css.chatSign}>
              <IconMessage size={14} stroke={1.75} aria-hidden />
              {t('chatOpen')}
            </span>
          )}
        </span>
      </span>
      <span className={css.facts}>
        {task.score > 0
          ? t('scoreOf', { score: format.number(task.score, 2), all: format.number(task.points) })
          : t('points', { count: task.points, value: format.number(task.points) })}
      </span>
    </>
  );
  if (closed) return <div className={`${css.line} ${css.locked}`}>{inside}</div>;
  return (
    <Link to="/learn/$courseId/tasks/$taskId" params={{ courseId, taskId: task.id }} className={css.line}>
      {inside}
    </Link>
  );
}
