// `/studio/courses/<course>/students`: who learns there, how far each has come, who waits for an answer, and a word to
// one of them (TCH-07). For the author, and to look at for the staff who oversee the course.
import { Button, Select, Skeleton } from '@mantine/core';
import { IconLock, IconMessageCircle, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useSession } from '~/features/identity/session';
import { useWriteTo } from '~/features/messaging/write';
import { usePerson } from '~/live/person';
import { Find } from '~/ui/Find';
import { Initials } from '~/ui/Initials';
import { LinkButton } from '~/ui/LinkButton';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Progress } from '~/ui/Progress';
import { Failed, SignInFirst, State } from '~/ui/State';
import { Tag, type Tone } from '~/ui/Status';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { When } from '~/ui/When';
import { type StudentsSearch, studentStates } from './routes';
import css from './StudentsPage.module.css';
import { type CourseStudent, refreshStudents, type StudentCounts, studentsQuery } from './students';

const route = getRouteApi('/studio/courses/$courseId/students');

export function StudentsPage() {
  const { t } = useTranslation(['studio', 'common']);
  const errorText = useErrorText();
  const navigate = useNavigate();
  const { courseId } = route.useParams();
  const search = route.useSearch();
  const { state: session } = useSession();
  const list = useInfiniteQuery({ ...studentsQuery(courseId, search), enabled: session === 'user' });
  const first = list.data?.pages[0];
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  useTitle(first ? `${t('students.title')}: ${first.course.title}` : t('students.title'));
  usePerson(['desk', 'joined'], () => void refreshStudents(courseId));

  // The server looks through so many names at once: without one found it has not said that there is none.
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = list;
  const goesOn = items.length === 0 && hasNextPage && !isFetchingNextPage && !isError;
  useEffect(() => {
    if (goesOn) void fetchNextPage();
  }, [goesOn, fetchNextPage]);

  if (session === 'guest') return <SignInFirst page />;
  if (list.isError && !list.data) {
    return isApiError(list.error) && list.error.status === 404 ? (
      <State page icon={<IconLock size={28} stroke={1.5} />} title={t('students.notYours')}>
        {t('students.notYoursText')}
      </State>
    ) : (
      <Failed page error={list.error} retry={() => void list.refetch()} />
    );
  }
  const narrow = (next: StudentsSearch) =>
    void navigate({
      to: '/studio/courses/$courseId/students',
      params: { courseId },
      search: next,
      replace: true,
      resetScroll: false,
    });
  const { q, state } = search;
  const narrowed = q !== undefined || state !== undefined;
  return (
    <div className={`page ${css.page}`}>
      <header>
        <p className="small mut">
          {first ? <Course course={first.course} own={first.is_author} /> : <>&nbsp;</>}
        </p>
        <h1 className="work">{t('students.title')}</h1>
      </header>
      <div className={css.tools}>
        <Find
          className={css.find ?? ''}
          q={q ?? ''}
          set={(text) => narrow({ ...(state ? { state } : {}), ...(text ? { q: text } : {}) })}
          label={t('students.find')}
        />
        <Which
          search={search}
          counts={first?.counts}
          set={(value) => narrow({ ...(q ? { q } : {}), ...(value ? { state: value } : {}) })}
        />
      </div>
      <Waiting pending={list.isPending || goesOn} skeleton={<Bones />} label={t('students.loading')}>
        {list.isError && <Note tone="warn">{errorText(list.error)}</Note>}
        {items.length > 0 ? (
          <ul className={css.list}>
            {items.map((student) => (
              <Row key={student.id} student={student} course={courseId} />
            ))}
          </ul>
        ) : (
          !isFetchingNextPage && (
            <State
              icon={<IconUsers size={28} stroke={1.5} />}
              title={narrowed ? t('students.nothing') : t('students.none')}
              action={
                narrowed && (
                  <Button variant="default" onClick={() => narrow({})}>
                    {t('students.clear')}
                  </Button>
                )
              }
            >
              {narrowed ? undefined : t('students.noneText')}
            </State>
          )
        )}
        <More of={list} />
      </Waiting>
    </div>
  );
}

/** Back to the course: its author builds it, the others see it as students do. */
function Course({ course, own }: { course: { id: string; title: string }; own: boolean }) {
  const { t } = useTranslation('studio');
  const name = <bdi>{course.title || t('untitled')}</bdi>;
  const params = { courseId: course.id };
  return own ? (
    <Link to="/studio/courses/$courseId" params={params}>
      {name}
    </Link>
  ) : (
    <Link to="/courses/$courseId" params={params}>
      {name}
    </Link>
  );
}

function Which({
  search,
  counts,
  set,
}: {
  search: StudentsSearch;
  counts: StudentCounts | undefined;
  set: (state: StudentsSearch['state']) => void;
}) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const label = (name: string, n: number | undefined) =>
    n === undefined ? name : `${name} · ${format.number(n)}`;
  return (
    <Select
      size="xs"
      className={css.which ?? ''}
      aria-label={t('students.show')}
      allowDeselect={false}
      data={[
        { value: 'all', label: label(t('common:all'), counts?.all) },
        ...studentStates.map((value) => ({
          value,
          label: label(t(`students.state.${value}`), counts?.[value]),
        })),
      ]}
      value={search.state ?? 'all'}
      onChange={(value) => set(studentStates.find((name) => name === value))}
    />
  );
}

const tones: Record<CourseStudent['state'], Tone> = {
  not_started: 'grey',
  learning: 'info',
  completed: 'ok',
  ended: 'outline',
};

function Row({ student, course }: { student: CourseStudent; course: string }) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const count = (n: number) => ({ count: n, value: format.number(n) });
  return (
    <li className={css.row} data-student={student.id}>
      <Initials name={student.name} id={student.id} />
      <div className={css.who}>
        <h2 className={`clip ${css.name}`}>
          <bdi>{student.name}</bdi>
        </h2>
        <p className={`meta mut ${css.facts}`}>
          <Tag tone={tones[student.state]}>{t(`students.state.${student.state}`)}</Tag>
          <span>
            {t('students.enrolled')} <When at={student.enrolled_at} as="date" />
          </span>
        </p>
      </div>
      <div className={css.progress}>
        <Progress percent={student.percent} exact thin />
        <span className="meta mut num">
          {t('students.units', { done: format.number(student.done), total: format.number(student.total) })}
        </span>
      </div>
      <p className={`meta mut ${css.seen}`}>
        {student.last_active_at ? (
          <span>
            {t('students.seen')} <When at={student.last_active_at} />
          </span>
        ) : (
          t('students.never')
        )}
        {student.stuck > 0 && <span>{t('students.stuck', count(student.stuck))}</span>}
        {student.questions > 0 && (
          <Link to="/desk" search={{ course, q: student.name }} className="link">
            {t('students.questions', count(student.questions))}
          </Link>
        )}
      </p>
      {student.may_write && <Write student={student} course={course} />}
    </li>
  );
}

/** To the talk with this student alone; it begins with the first time. */
function Write({ student, course }: { student: CourseStudent; course: string }) {
  const { t } = useTranslation('studio');
  const write = useWriteTo({ course, role: 'author' });
  const look = {
    size: 'xs',
    variant: 'default',
    className: css.write ?? '',
    'aria-label': t('students.writeTo', { name: student.name }),
    leftSection: <IconMessageCircle size={18} stroke={1.75} aria-hidden />,
  } as const;
  return student.room_id ? (
    <LinkButton {...look} to="/messages/$roomId" params={{ roomId: student.room_id }}>
      {t('students.write')}
    </LinkButton>
  ) : (
    <Button {...look} onClick={() => write(student.id)}>
      {t('students.write')}
    </Button>
  );
}

function Bones() {
  return (
    <div className={css.bones} aria-hidden>
      {[1, 2, 3, 4].map((number) => (
        <Skeleton key={number} height={56} radius="md" />
      ))}
    </div>
  );
}
