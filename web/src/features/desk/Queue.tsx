// The queue: three states with their counts, search and filters, the one who waits longest first.
import { Button, Popover, SegmentedControl, Select, Skeleton } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconClockExclamation, IconInbox } from '@tabler/icons-react';
import type { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '~/features/identity/session';
import { plain } from '~/features/messaging/marks';
import { Find } from '~/ui/Find';
import { Initials } from '~/ui/Initials';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { Waiting } from '~/ui/Waiting';
import { About } from './About';
import type { DeskRow, DeskState } from './contract';
import css from './Desk.module.css';
import type { deskQuery } from './queries';
import type { DeskSearch } from './routes';
import { isKind, isLate, states, waited } from './rules';

type List = ReturnType<typeof useInfiniteQuery<Page, Error, { pages: Page[] }>>;
type Page = Awaited<
  ReturnType<Extract<ReturnType<typeof deskQuery>['queryFn'], (...args: never[]) => unknown>>
>;

type Props = {
  me: Me;
  list: Pick<
    List,
    | 'isError'
    | 'isPending'
    | 'error'
    | 'data'
    | 'refetch'
    | 'hasNextPage'
    | 'isFetchingNextPage'
    | 'fetchNextPage'
  >;
  rows: DeskRow[];
  search: DeskSearch;
  open: (row: DeskRow) => void;
  narrow: (search: DeskSearch) => void;
};

export function Queue({ me, list, rows, search, open, narrow }: Props) {
  const { t } = useTranslation(['desk', 'common', 'tasks']);
  const format = useFormat();
  const errorText = useErrorText();
  const { state = 'waiting', course, task, kind, q } = search;
  const { state: _state, q: _q, room: _room, panel: _panel, ...filters } = search;
  const first = list.data?.pages[0];
  const now = useMinute();
  const box = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question is the reason to scroll.
  useEffect(() => {
    box.current?.querySelector('[data-question][aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [search.room]);
  const count = { waiting: first?.counts.waiting, mine: first?.counts.mine, closed: undefined };
  const narrowed = course !== undefined || task !== undefined || kind !== undefined || q !== undefined;
  const to = (value: DeskState) =>
    narrow({ ...filters, ...(q ? { q } : {}), ...(value === 'waiting' ? {} : { state: value }) });
  return (
    <section ref={box} className={css.queue} aria-label={t('title')}>
      <div className={css.queueHead}>
        <div className={css.titleRow}>
          <h1>{t('title')}</h1>
          <Link to="/grading" search={course ? { course } : {}} className="link small">
            {t('tasks:grading.link')}
          </Link>
        </div>
        {first?.answer_s.median != null && (
          <p className={`meta mut ${css.median}`} title={t('medianHint')}>
            {t('median', { span: format.span(first.answer_s.median) })}
          </p>
        )}
        <SegmentedControl
          fullWidth
          aria-label={t('show')}
          value={state}
          onChange={(value) => to(value as DeskState)}
          data={states.map((value) => ({
            value,
            label:
              count[value] === undefined
                ? t(`state.${value}`)
                : `${t(`state.${value}`)} · ${format.number(count[value])}`,
          }))}
        />
        <div className={css.find}>
          <Find
            q={q ?? ''}
            set={(text) => narrow({ ...withoutQ(search), ...(text ? { q: text } : {}) })}
            label={t('find')}
          />
          <Filters rows={rows} search={search} narrow={narrow} kinds={first?.kinds ?? []} />
        </div>
      </div>
      {list.isError && !list.data ? (
        <div className={css.pad}>
          <Failed error={list.error} retry={() => void list.refetch()} />
        </div>
      ) : (
        <Waiting pending={list.isPending} skeleton={<Bones />} label={t('loading')}>
          {list.isError && (
            <div className={css.pad}>
              <Note tone="warn">{errorText(list.error)}</Note>
            </div>
          )}
          {rows.length === 0 ? (
            <div className={css.pad}>
              <State
                icon={<IconInbox size={28} stroke={1.5} />}
                title={narrowed ? t('none.filtered') : t(`none.${state}`)}
                action={
                  narrowed && (
                    <Button variant="default" onClick={() => narrow(state === 'waiting' ? {} : { state })}>
                      {t('none.clear')}
                    </Button>
                  )
                }
              >
                {narrowed ? undefined : t(`none.${state}Text`)}
              </State>
            </div>
          ) : (
            <ul className={css.rows}>
              {rows.map((row) => (
                <Row
                  key={row.room_id}
                  row={row}
                  me={me}
                  now={now}
                  on={row.room_id === search.room}
                  open={() => open(row)}
                />
              ))}
            </ul>
          )}
          <More of={list} className={css.pad} fullWidth />
        </Waiting>
      )}
    </section>
  );
}

const withoutQ = ({ q: _q, room: _room, panel: _panel, ...rest }: DeskSearch): DeskSearch => rest;

function Row({
  row,
  me,
  now,
  on,
  open,
}: {
  row: DeskRow;
  me: Me;
  now: number;
  on: boolean;
  open: () => void;
}) {
  const { t } = useTranslation('desk');
  const format = useFormat();
  const wait = waited(row.waiting_since, now);
  const late = isLate(wait);
  const claimed = row.claimed_by;
  return (
    <li>
      <button
        type="button"
        className={`${css.row} ${on ? css.on : ''}`}
        aria-current={on ? 'true' : undefined}
        data-question={row.room_id}
        onClick={open}
      >
        <Initials name={row.student.name} id={row.student.id} />
        <span className={css.rowText}>
          <span className={css.rowHead}>
            <b className="clip grow">
              <bdi>{row.student.name}</bdi>
            </b>
            {wait !== undefined && (
              <span className={`micro nb num ${late ? css.late : 'mut'}`}>
                {late ? t('waits', { span: format.span(wait) }) : <bdi>{format.span(wait)}</bdi>}
              </span>
            )}
          </span>
          <span className="meta mut">
            <About of={row} />
          </span>
          <span className={`small two-lines ${css.rowQuestion}`} dir="auto">
            {row.title ?? plain(row.text)}
          </span>
          <span className={css.tags}>
            {late && (
              <Tag tone="bad" icon={IconClockExclamation}>
                {t('late')}
              </Tag>
            )}
            {claimed &&
              (claimed.id === me.id ? (
                <Tag tone="info">{t('yours')}</Tag>
              ) : (
                <Tag tone="grey">
                  <bdi>{t('theirs', { name: claimed.name })}</bdi>
                </Tag>
              ))}
            {row.wrong > 0 && (
              <Tag tone="grey">{t('wrong', { count: row.wrong, value: format.number(row.wrong) })}</Tag>
            )}
            {row.kind !== 'task' && isKind(row.kind) && (
              <Tag tone={row.kind === 'support' ? 'warn' : 'outline'}>{t(`kind.${row.kind}`)}</Tag>
            )}
            {row.student.locale !== format.locale && (
              <Tag tone="outline">{row.student.locale.toUpperCase()}</Tag>
            )}
          </span>
        </span>
      </button>
    </li>
  );
}

/**
 * Course, task and kind. The choices are those of the queue itself: what nobody asks about is no filter, and neither is
 * a kind that cannot come to whoever looks.
 */
function Filters({
  rows,
  search,
  narrow,
  kinds,
}: Pick<Props, 'rows' | 'search' | 'narrow'> & Pick<Page, 'kinds'>) {
  const { t } = useTranslation(['desk', 'common']);
  const format = useFormat();
  const { course, task, kind } = search;
  const { course: _course, task: _task, room: _room, panel: _panel, ...rest } = search;
  const { kind: _kind, ...noKind } = { ...rest, ...(course ? { course } : {}), ...(task ? { task } : {}) };
  const [names, setNames] = useState<ReadonlyMap<string, { title: string; course: string | null }>>(
    new Map(),
  );
  const all = useMemo(() => {
    const found = new Map(names);
    for (const row of rows) {
      if (row.course) found.set(row.course.id, { title: row.course.title, course: null });
      if (row.task) found.set(row.task.id, { title: row.task.title, course: row.course?.id ?? null });
    }
    return found;
  }, [names, rows]);
  // What a narrowed list no longer holds can still be chosen.
  if (all.size !== names.size) setNames(all);
  const options = (wanted: (of: string | null) => boolean) =>
    [...all].filter(([, name]) => wanted(name.course)).map(([value, name]) => ({ value, label: name.title }));
  const courses = options((of) => of === null);
  const tasks = options((of) => of !== null && (course === undefined || of === course));
  const set = [course, task, kind].filter(Boolean).length;
  return (
    <Popover position="bottom-end" shadow="sm" width={300} trapFocus>
      <Popover.Target>
        <Button
          size="xs"
          variant={set > 0 ? 'light' : 'default'}
          className={css.filter ?? ''}
          leftSection={<IconAdjustmentsHorizontal size={18} stroke={1.75} aria-hidden />}
        >
          {set > 0 ? t('filtersSet', { value: format.number(set) }) : t('filters')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={css.filters}>
          {(kinds.length > 1 || kind) && (
            <Select
              label={t('filter.kind')}
              placeholder={t('common:all')}
              clearable
              comboboxProps={{ withinPortal: false }}
              data={kinds.filter(isKind).map((value) => ({ value, label: t(`kind.${value}`) }))}
              value={kind ?? null}
              onChange={(value) => narrow({ ...noKind, ...(isKind(value) ? { kind: value } : {}) })}
            />
          )}
          <Select
            label={t('filter.course')}
            placeholder={t('common:all')}
            clearable
            searchable
            nothingFoundMessage={t('filter.none')}
            comboboxProps={{ withinPortal: false }}
            data={courses}
            value={course ?? null}
            onChange={(value) => narrow({ ...rest, ...(value ? { course: value } : {}) })}
          />
          <Select
            label={t('filter.task')}
            placeholder={t('common:all')}
            clearable
            searchable
            nothingFoundMessage={t('filter.none')}
            comboboxProps={{ withinPortal: false }}
            data={tasks}
            value={task ?? null}
            onChange={(value) =>
              narrow({ ...rest, ...(course ? { course } : {}), ...(value ? { task: value } : {}) })
            }
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

/** The present, moving on by itself, so that waits grow on the screen. */
function useMinute(): number {
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, 20_000);
    return () => clearInterval(timer);
  }, []);
  return Date.now();
}

function Bones() {
  return (
    <div className={css.bones} aria-hidden>
      {[1, 2, 3, 4].map((number) => (
        <Skeleton key={number} height={104} radius="md" />
      ))}
    </div>
  );
}
