// The programme beside a lesson: modules that fold, lessons with their marks.
import {
  IconChevronDown,
  IconChevronRight,
  IconCircle,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconFileText,
  IconListCheck,
  IconLock,
  IconPlayerPlayFilled,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '~/api/client';
import { useFormat } from '~/ui/useFormat';
import css from './Programme.module.css';

type Reason = 'lockedNotReady' | 'lockedEnroll' | 'lockedBuy';

export type RailLesson = Pick<
  Schemas['LearnLesson'],
  'id' | 'title' | 'kind' | 'duration_s' | 'mark' | 'percent'
> & { open: boolean; reason: Reason | undefined };

export type RailModule = { id: string; title: string; lessons: RailLesson[] };

export type Folds = { open: ReadonlySet<string>; toggle: (module: string) => void };

/** Which modules are open: at first the one with this lesson, and each one that is come to. Kept by the page. */
export function useFolds(modules: readonly { id: string; lessons: { id: string }[] }[], now: string): Folds {
  const here = modules.find((module) => module.lessons.some(({ id }) => id === now))?.id;
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(here ? [here] : []));
  const [seen, setSeen] = useState(now);
  if (seen !== now && here) {
    setSeen(now);
    setOpen(new Set([...open, here]));
  }
  const toggle = useCallback((module: string) => {
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(module)) next.add(module);
      return next;
    });
  }, []);
  return { open, toggle };
}

/** `topics`: whether each module leads to its page with tasks; a stranger has none. */
type Props = { course: string; modules: RailModule[]; now: string; folds: Folds; topics?: boolean };

export function Programme({ course, modules, now, folds, topics = false }: Props) {
  const { t } = useTranslation('player');
  const list = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another lesson is the reason to scroll.
  useEffect(() => {
    const current = list.current?.querySelector('[aria-current]');
    // Only where the list scrolls by itself: the page stays where its reader is.
    if (current?.closest('[data-scrolls]')) current.scrollIntoView({ block: 'nearest' });
  }, [now]);
  return (
    <nav aria-label={t('lesson.programme')} ref={list}>
      {modules.map((module, index) => (
        <Module
          key={module.id}
          course={course}
          module={module}
          number={index + 1}
          now={now}
          open={folds.open.has(module.id)}
          toggle={() => folds.toggle(module.id)}
          topics={topics}
        />
      ))}
    </nav>
  );
}

function Module({
  course,
  module,
  number,
  now,
  open,
  toggle,
  topics,
}: {
  course: string;
  module: RailModule;
  number: number;
  now: string;
  open: boolean;
  toggle: () => void;
  topics: boolean;
}) {
  const { t } = useTranslation(['player', 'tasks']);
  const format = useFormat();
  const id = useId();
  const done = module.lessons.filter((lesson) => lesson.mark === 'done').length;
  const all = module.lessons.length;
  return (
    <section className={css.module}>
      <h3 className={css.head}>
        <button type="button" aria-expanded={open} aria-controls={id} onClick={toggle}>
          {open ? (
            <IconChevronDown size={18} stroke={1.75} aria-hidden />
          ) : (
            <IconChevronRight size={18} stroke={1.75} className="flip" aria-hidden />
          )}
          <span className="grow clip">
            {format.number(number)}. <bdi>{module.title}</bdi>
          </span>
          <span className={css.sum}>
            {done === all && all > 0 && <IconCircleCheckFilled size={16} className={css.ok} aria-hidden />}
            {t('lesson.ofLessons', { done: format.number(done), all: format.number(all) })}
          </span>
        </button>
      </h3>
      {open && (
        <ul id={id} className={css.lessons}>
          {module.lessons.map((lesson) => (
            <li key={lesson.id}>
              <Lesson course={course} lesson={lesson} now={lesson.id === now} />
            </li>
          ))}
          {topics && (
            <li>
              <Link
                to="/learn/$courseId/topics/$topicId"
                params={{ courseId: course, topicId: module.id }}
                className={css.lesson}
              >
                <span className={css.mark}>
                  <IconListCheck size={20} stroke={1.75} aria-hidden />
                </span>
                <span className={css.title}>{t('tasks:topicLink')}</span>
              </Link>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function Lesson({ course, lesson, now }: { course: string; lesson: RailLesson; now: boolean }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const why = lesson.reason
    ? t(`lesson.${lesson.reason}`)
    : lesson.mark === 'in_progress' && lesson.percent > 0
      ? t('lesson.watchedPart', { percent: format.percent(lesson.percent) })
      : undefined;
  const inside = (
    <>
      <Mark lesson={lesson} now={now} />
      <span className={css.title}>
        <bdi>{lesson.title}</bdi>
      </span>
      <span className={css.length}>
        {lesson.duration_s > 0 &&
          (lesson.kind === 'video' ? (
            <bdi>{format.clock(lesson.duration_s)}</bdi>
          ) : (
            <bdi>{format.span(lesson.duration_s)}</bdi>
          ))}
      </span>
      {why && <span className={css.why}>{why}</span>}
    </>
  );
  if (!lesson.open) return <div className={`${css.lesson} ${css.locked}`}>{inside}</div>;
  return (
    <Link
      to="/learn/$courseId/$lessonId"
      params={{ courseId: course, lessonId: lesson.id }}
      className={`${css.lesson} ${now ? css.now : ''}`}
      {...(now ? { 'aria-current': 'page' as const } : {})}
    >
      {inside}
    </Link>
  );
}

function Mark({ lesson, now }: { lesson: RailLesson; now: boolean }) {
  const { t } = useTranslation('player');
  const [Icon, word, tone] = !lesson.open
    ? ([IconLock, t('lesson.locked'), ''] as const)
    : lesson.mark === 'done'
      ? ([IconCircleCheckFilled, t('lesson.done'), css.ok] as const)
      : now
        ? ([IconPlayerPlayFilled, t('lesson.now'), css.accent] as const)
        : lesson.mark === 'in_progress'
          ? ([IconCircleDashed, t('lesson.inProgress'), css.accent] as const)
          : lesson.kind === 'text'
            ? ([IconFileText, t('lesson.text'), ''] as const)
            : ([IconCircle, t('lesson.todo'), ''] as const);
  return (
    <span className={`${css.mark} ${tone}`}>
      <Icon size={20} stroke={1.75} aria-hidden />
      <span className="hidden">{word}. </span>
    </span>
  );
}
