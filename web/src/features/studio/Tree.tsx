// The tree of modules and lessons. Dragging is by pointer on the grip; Alt + arrows and the menu do the same by keyboard.
import { Button, Menu } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconChevronDown,
  IconChevronRight,
  IconDots,
  IconFileText,
  IconGripVertical,
  IconHeadphones,
  IconListCheck,
  IconPlus,
  IconTrash,
  IconVideo,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StudioTaskRow } from '~/features/tasks/contract';
import { Note } from '~/ui/Note';
import { dropToast, toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { AddForm } from './AddForm';
import { DeleteDialog, type Doomed } from './DeleteDialog';
import { LessonSign } from './LessonSign';
import { type Order, orderOf, sameOrder, spotOf } from './order';
import { currentOrder, type Kind, reorder, stepped } from './programme';
import type { StudioCourse, StudioLesson, StudioModule } from './queries';
import css from './Tree.module.css';
import { AddTask } from './tasks/AddTask';
import { tasksQuery } from './tasks/studioTasks';
import { tasksOf } from './tasks/TaskList';
import { useDrag } from './useDrag';

type Props = { course: StudioCourse; lesson: string | undefined; module: string | undefined };

const focusRow = (id: string) => document.querySelector<HTMLElement>(`[data-name="${id}"]`)?.focus();

export function Tree({ course, lesson, module }: Props) {
  const { t } = useTranslation(['studio', 'common', 'taskEditor']);
  const format = useFormat();
  const navigate = useNavigate();
  const errorText = useErrorText();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [adding, setAdding] = useState<{ module?: string } | undefined>(undefined);
  const [doomed, setDoomed] = useState<Doomed | undefined>(undefined);
  const [tasking, setTasking] = useState<string | undefined>(undefined);
  // Without them the tree is whole but for their rows; the lists beside it say what went wrong.
  const tasks = useQuery(tasksQuery(course.id)).data?.items ?? [];
  const [error, setError] = useState<unknown>(undefined);
  const [spoken, setSpoken] = useState('');

  const moves = useRef(0);
  const apply = async (order: Order, moved?: string) => {
    const before = currentOrder(course);
    if (sameOrder(order, before)) return;
    setError(undefined);
    if (moved) setSpoken(whereNow(order, moved));
    dropToast();
    const number = ++moves.current;
    try {
      await reorder(course, order);
      // Another move is on its way already: its word with its Undo follows.
      if (number !== moves.current) return;
      toast({
        text: t('moved'),
        action: {
          label: t('common:undo'),
          run: () => void reorder(course, before).catch(setError),
        },
      });
    } catch (cause) {
      setError(cause);
    }
  };
  const titles = new Map(
    course.modules.flatMap((item) => [
      [item.id, item.title] as const,
      ...item.lessons.map((inner) => [inner.id, inner.title] as const),
    ]),
  );
  function whereNow(order: Order, id: string): string {
    const spot = spotOf(order, id);
    const place = spot ? spot.index : order.findIndex((item) => item.id === id);
    return t('movedTo', {
      name: titles.get(id) ?? '',
      place: format.number(place + 1),
      module: spot ? (titles.get(spot.module) ?? '') : course.title,
    });
  }
  const drag = useDrag(course, (order, moved) => void apply(order, moved));

  // A row that went over into another module is drawn anew there. The focus goes with it in the same breath, so that the
  // next press is not lost.
  const stepping = useRef<{ id: string; order: Order } | undefined>(undefined);
  useLayoutEffect(() => {
    const wanted = stepping.current;
    if (!wanted) return;
    focusRow(wanted.id);
    if (sameOrder(wanted.order, orderOf(course.modules))) stepping.current = undefined;
  });
  const step = (id: string, kind: Kind, by: 1 | -1) => {
    const order = stepped(course, id, kind, by);
    if (!order) return;
    stepping.current = { id, order };
    void apply(order, id);
    // A menu that closes takes the focus back to its button.
    requestAnimationFrame(() => focusRow(id));
  };
  const byKey = (event: KeyboardEvent, id: string, kind: Kind) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key] as 1 | -1 | undefined;
    if (!event.altKey || by === undefined) return;
    event.preventDefault();
    step(id, kind, by);
  };
  const go = (search: { lesson?: string; module?: string }) =>
    void navigate({
      to: '/studio/courses/$courseId',
      params: { courseId: course.id },
      search: { tab: 'programme', ...search },
      resetScroll: false,
    });
  const toggle = (id: string) =>
    setClosed((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });

  return (
    <nav className={css.tree} aria-label={t('tree')}>
      <ol ref={drag.list}>
        {course.modules.map((item, index) => (
          <li key={item.id} data-module={item.id} className={drag.classFor(item.id) ? css.dragged : ''}>
            {drag.line?.module === item.id && drag.line.kind === 'module' && <Line />}
            <div className={`${css.row} ${css.module} ${item.id === module ? css.chosen : ''}`}>
              <Grip label={t('drag', { name: item.title })} {...drag.grip(item.id, 'module')} />
              <button
                type="button"
                className={css.fold}
                aria-expanded={!closed.has(item.id)}
                aria-label={t(closed.has(item.id) ? 'unfold' : 'fold', { name: item.title })}
                onClick={() => toggle(item.id)}
              >
                {closed.has(item.id) ? (
                  <IconChevronRight size={18} stroke={1.75} className="flip" />
                ) : (
                  <IconChevronDown size={18} stroke={1.75} />
                )}
              </button>
              <button
                type="button"
                className={css.name}
                data-name={item.id}
                aria-current={item.id === module}
                onClick={() => go({ module: item.id })}
                onKeyDown={(event) => byKey(event, item.id, 'module')}
              >
                <span className="clip">
                  {format.number(index + 1)}. <bdi>{item.title}</bdi>
                </span>
              </button>
              <span className={css.count}>{format.number(item.lessons.length)}</span>
              <RowMenu
                name={item.title}
                up={index > 0}
                down={index < course.modules.length - 1}
                move={(by) => step(item.id, 'module', by)}
                remove={() =>
                  setDoomed({ kind: 'module', id: item.id, title: item.title, lessons: item.lessons.length })
                }
              >
                <Menu.Item
                  leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
                  onClick={() => setAdding({ module: item.id })}
                >
                  {t('addLesson')}
                </Menu.Item>
                <Menu.Item
                  leftSection={<IconListCheck size={18} stroke={1.75} aria-hidden />}
                  onClick={() => setTasking(item.id)}
                >
                  {t('taskEditor:add')}
                </Menu.Item>
              </RowMenu>
            </div>
            {!closed.has(item.id) && (
              <Lessons
                course={course}
                module={item}
                chosen={lesson}
                line={drag.line}
                drag={drag}
                go={go}
                byKey={byKey}
                step={step}
                remove={setDoomed}
                tasks={tasks}
              />
            )}
          </li>
        ))}
        {drag.line?.kind === 'module' && drag.line.module === undefined && (
          <li>
            <Line />
          </li>
        )}
      </ol>
      {course.modules.length === 0 && <p className={css.empty}>{t('noModules')}</p>}
      {error !== undefined && <Note tone="bad">{errorText(error)}</Note>}
      <div className={css.add} id="field-add">
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
          onClick={() => setAdding({})}
        >
          {t('addModule')}
        </Button>
        {course.modules.length > 0 && (
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />}
            onClick={() => {
              const place = course.modules.find((item) => item.lessons.some(({ id }) => id === lesson))?.id;
              const last = module ?? place ?? course.modules.at(-1)?.id;
              if (last) setAdding({ module: last });
            }}
          >
            {t('addLesson')}
          </Button>
        )}
        <span className={`${css.hint} only-wide`} aria-hidden>
          <kbd>Alt</kbd> <kbd>↑↓</kbd>
        </span>
      </div>
      {tasking && (
        <AddTask course={course} module={tasking} lesson={null} close={() => setTasking(undefined)} />
      )}
      {adding && (
        <AddForm
          course={course}
          module={adding.module}
          close={() => setAdding(undefined)}
          added={(made) => {
            setAdding(undefined);
            go(made);
          }}
        />
      )}
      {doomed && (
        <DeleteDialog
          course={course}
          doomed={doomed}
          close={(gone) => {
            setDoomed(undefined);
            if (gone) go({});
          }}
        />
      )}
      <span className="hidden" aria-live="polite">
        {spoken}
      </span>
    </nav>
  );
}

type LessonsProps = {
  course: StudioCourse;
  module: StudioModule;
  chosen: string | undefined;
  line: ReturnType<typeof useDrag>['line'];
  drag: ReturnType<typeof useDrag>;
  go: (search: { lesson: string }) => void;
  byKey: (event: KeyboardEvent, id: string, kind: 'lesson') => void;
  step: (id: string, kind: 'lesson', by: 1 | -1) => void;
  remove: (doomed: Doomed) => void;
  tasks: readonly StudioTaskRow[];
};

function Lessons({ course, module, chosen, line, drag, go, byKey, step, remove, tasks }: LessonsProps) {
  const { t } = useTranslation('studio');
  const here = line?.kind === 'lesson' && line.module === module.id ? line.index : undefined;
  const first = course.modules[0]?.lessons[0]?.id;
  const last = course.modules.at(-1)?.lessons.at(-1)?.id;
  return (
    <ol className={css.lessons} data-lessons={module.id}>
      {module.lessons.map((lesson, index) => (
        <li key={lesson.id} data-lesson={lesson.id}>
          {here === index && <Line />}
          <div
            className={`${css.row} ${lesson.id === chosen ? css.chosen : ''} ${drag.classFor(lesson.id) ? css.lifted : ''}`}
            style={drag.styleFor(lesson.id)}
          >
            <Grip label={t('drag', { name: lesson.title })} {...drag.grip(lesson.id, 'lesson')} />
            <button
              type="button"
              className={css.name}
              data-name={lesson.id}
              aria-current={lesson.id === chosen}
              onClick={() => go({ lesson: lesson.id })}
              onKeyDown={(event) => byKey(event, lesson.id, 'lesson')}
            >
              <KindIcon lesson={lesson} />
              <bdi className="clip">{lesson.title}</bdi>
            </button>
            <LessonSign lesson={lesson} />
            <RowMenu
              name={lesson.title}
              up={lesson.id !== first || course.modules[0]?.id !== module.id}
              down={lesson.id !== last || course.modules.at(-1)?.id !== module.id}
              move={(by) => step(lesson.id, 'lesson', by)}
              remove={() => remove({ kind: 'lesson', id: lesson.id, title: lesson.title, lessons: 0 })}
            />
          </div>
          <Tasks tasks={tasksOf(tasks, module.id, lesson.id)} />
        </li>
      ))}
      {here === module.lessons.length && (
        <li>
          <Line />
        </li>
      )}
      <li>
        <Tasks tasks={tasksOf(tasks, module.id, null)} />
      </li>
    </ol>
  );
}

/** Tasks under their lesson, or at the end of their topic. */
function Tasks({ tasks }: { tasks: StudioTaskRow[] }) {
  const { t } = useTranslation('taskEditor');
  if (tasks.length === 0) return null;
  return (
    <ul className={css.tasks} aria-label={t('tasks')}>
      {tasks.map((task) => (
        <li key={task.id}>
          <Link to="/studio/tasks/$taskId" params={{ taskId: task.id }} className={css.task}>
            <IconListCheck size={16} stroke={1.75} aria-hidden />
            <bdi className="clip">{task.title}</bdi>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function KindIcon({ lesson }: { lesson: StudioLesson }) {
  const { t } = useTranslation('studio');
  const heard = lesson.video?.kind === 'listening' && lesson.video.state === 'ready';
  const Icon = lesson.kind !== 'video' ? IconFileText : heard ? IconHeadphones : IconVideo;
  return (
    <span className={css.kind}>
      <Icon size={18} stroke={1.75} aria-hidden />
      <span className="hidden">{t(`kind.${lesson.kind}`)}: </span>
    </span>
  );
}

const Line = () => <span className={css.line} aria-hidden />;

function Grip({ label, ...rest }: { label: string } & ReturnType<ReturnType<typeof useDrag>['grip']>) {
  // A pointer's way only: the menu beside it and Alt + arrows do the same for everybody else.
  return (
    <span className={css.grip} title={label} aria-hidden {...rest}>
      <IconGripVertical size={18} stroke={1.75} />
    </span>
  );
}

type RowMenuProps = {
  name: string;
  up: boolean;
  down: boolean;
  move: (by: 1 | -1) => void;
  remove: () => void;
  children?: ReactNode;
};

function RowMenu({ name, up, down, move, remove, children }: RowMenuProps) {
  const { t } = useTranslation('studio');
  return (
    <Menu position="bottom-end" shadow="sm" width={220}>
      <Menu.Target>
        <button type="button" className={css.more} aria-label={t('actions', { name })}>
          <IconDots size={18} stroke={1.75} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {children}
        <Menu.Item
          disabled={!up}
          leftSection={<IconArrowUp size={18} stroke={1.75} aria-hidden />}
          onClick={() => move(-1)}
        >
          {t('up')}
        </Menu.Item>
        <Menu.Item
          disabled={!down}
          leftSection={<IconArrowDown size={18} stroke={1.75} aria-hidden />}
          onClick={() => move(1)}
        >
          {t('down')}
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={18} stroke={1.75} aria-hidden />}
          onClick={remove}
        >
          {t('delete')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
