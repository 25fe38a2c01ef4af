// The tasks of a lesson or of a topic in the builder: their order, a new one, and the way to the source of each.
import { Button, Menu, Modal } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconDots, IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { moved } from '~/features/tasks/answer';
import type { StudioTaskRow } from '~/features/tasks/contract';
import { Note } from '~/ui/Note';
import { Failed } from '~/ui/State';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import type { StudioCourse } from '../queries';
import { AddTask } from './AddTask';
import { orderTasks, removeTask, tasksQuery } from './studioTasks';
import css from './TaskEditor.module.css';

type Props = { course: StudioCourse; module: string; lesson: string | null };

/** The tasks of a lesson, or those of a topic that belong to no lesson. */
export const tasksOf = (items: readonly StudioTaskRow[], module: string, lesson: string | null) =>
  items.filter((task) => (lesson ? task.lesson_id === lesson : task.module_id === module && !task.lesson_id));

export function TaskList({ course, module, lesson }: Props) {
  const { t } = useTranslation(['taskEditor', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const tasks = useQuery(tasksQuery(course.id));
  const [adding, setAdding] = useState(false);
  const [doomed, setDoomed] = useState<StudioTaskRow | undefined>(undefined);
  const [spoken, setSpoken] = useState('');
  const items = tasks.data?.items ?? [];
  const mine = tasksOf(items, module, lesson);
  const order = useMutation({
    mutationFn: (ids: string[]) => {
      // The order is that of the whole topic: those of other lessons keep their places.
      const here = new Set(ids);
      const rest = [...ids];
      const whole = items
        .filter((task) => task.module_id === module)
        .map((task) => (here.has(task.id) ? (rest.shift() ?? task.id) : task.id));
      return orderTasks(course.id, module, whole);
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => removeTask(course.id, id),
    onSuccess: () => {
      setDoomed(undefined);
      toast({ text: t('removed') });
    },
  });
  const step = (task: StudioTaskRow, by: 1 | -1) => {
    const from = mine.findIndex(({ id }) => id === task.id);
    const to = from + by;
    if (to < 0 || to >= mine.length) return;
    order.mutate(moved(mine, from, to).map(({ id }) => id));
    setSpoken(t('movedTo', { name: task.title, place: format.number(to + 1) }));
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-task="${task.id}"]`)?.focus());
  };
  const keys = (event: KeyboardEvent, task: StudioTaskRow) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key] as 1 | -1 | undefined;
    if (!event.altKey || by === undefined) return;
    event.preventDefault();
    step(task, by);
  };
  return (
    <section className={css.field} aria-labelledby="tasks">
      <div className={css.listHead}>
        <h3 id="tasks">{t('tasks')}</h3>
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
          onClick={() => setAdding(true)}
        >
          {t('add')}
        </Button>
      </div>
      {tasks.isError && <Failed error={tasks.error} retry={() => void tasks.refetch()} />}
      {tasks.data && mine.length === 0 && (
        <p className="small mut">{t(lesson ? 'noneInLesson' : 'noneInTopic')}</p>
      )}
      {mine.length > 0 && (
        <ol className={css.list}>
          {mine.map((task, index) => (
            <li key={task.id} className={css.item}>
              <span className={css.itemName}>
                <Link
                  to="/studio/tasks/$taskId"
                  params={{ taskId: task.id }}
                  data-task={task.id}
                  onKeyDown={(event: KeyboardEvent) => keys(event, task)}
                >
                  <bdi>{task.title}</bdi>
                </Link>
                <span className={css.help}>
                  <br />
                  {t(`kind.${task.kind}`)}
                  {' · '}
                  {t('pointsOf', { count: task.points, value: format.number(task.points) })}
                  {!task.required && ` · ${t('requiredNo')}`}
                  {task.drafted && ` · ${t('drafted')}`}
                </span>
              </span>
              <Menu position="bottom-end" shadow="sm" width={220}>
                <Menu.Target>
                  <button type="button" className={css.tool} aria-label={t('actions', { name: task.title })}>
                    <IconDots size={18} stroke={1.75} />
                  </button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    disabled={index === 0}
                    leftSection={<IconArrowUp size={18} stroke={1.75} aria-hidden />}
                    onClick={() => step(task, -1)}
                  >
                    {t('moveUp')}
                  </Menu.Item>
                  <Menu.Item
                    disabled={index === mine.length - 1}
                    leftSection={<IconArrowDown size={18} stroke={1.75} aria-hidden />}
                    onClick={() => step(task, 1)}
                  >
                    {t('moveDown')}
                  </Menu.Item>
                  <Menu.Item
                    color="red"
                    leftSection={<IconTrash size={18} stroke={1.75} aria-hidden />}
                    onClick={() => setDoomed(task)}
                  >
                    {t('delete')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </li>
          ))}
        </ol>
      )}
      {order.isError && <Note tone="bad">{errorText(order.error)}</Note>}
      {adding && <AddTask course={course} module={module} lesson={lesson} close={() => setAdding(false)} />}
      <Modal
        opened={doomed !== undefined}
        onClose={() => setDoomed(undefined)}
        radius="xl"
        title={t('deleteAsk', { name: doomed?.title ?? '' })}
        closeButtonProps={{ 'aria-label': t('common:close') }}
      >
        <p>{t('deleteText')}</p>
        {remove.isError && <Note tone="bad">{errorText(remove.error)}</Note>}
        <div className={css.dialog}>
          <Button variant="default" data-autofocus onClick={() => setDoomed(undefined)}>
            {t('keep')}
          </Button>
          <Button
            color="red"
            variant="outline"
            loading={remove.isPending}
            onClick={() => doomed && remove.mutate(doomed.id)}
          >
            {t('delete')}
          </Button>
        </div>
      </Modal>
      <span className="hidden" aria-live="polite">
        {spoken}
      </span>
    </section>
  );
}
