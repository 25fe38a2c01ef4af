// A lesson for whoever takes the course: header, video or text, what completes it, and the rail.
import { Button, Loader } from '@mantine/core';
import {
  IconArrowLeft,
  IconArrowRight,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconLayoutSidebarRightExpand,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  lazy,
  type ReactNode,
  type RefObject,
  Suspense,
  useCallback,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { api, body, type Schemas } from '~/api/client';
import { Cover } from '~/features/courses/Cover';
import { useSession } from '~/features/identity/session';
import { LessonChat } from '~/features/messaging/LessonChat';
import { useRoom, useRoomId, useRoomView } from '~/features/messaging/useRoom';
import type { Engine } from '~/features/video/engine';
import type { RoomClient } from '~/live/roomClient';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { LessonFiles, LessonText } from './LessonBody';
import { LessonHeader } from './LessonHeader';
import css from './LessonPage.module.css';
import { Programme, type RailModule, useFolds } from './Programme';
import { followProgress, remember } from './progress';
import { unreadOf } from './unread';
import { useWide } from './useWide';

const Player = lazy(() => import('~/features/video/Player').then((file) => ({ default: file.Player })));

type Lesson = Schemas['LessonPage'];
type Course = Schemas['LearnCourse'];
type Tab = 'lessons' | 'text' | 'files' | 'chat';

/** The lesson that somebody has just asked for by "next": its video begins without another click. */
let asked: string | undefined;

type Props = {
  lessonId: string;
  course: Course;
  /** Absent while it is on its way: the room stays, so that rail, tab, folds and full screen outlive each lesson. */
  lesson: Lesson | undefined;
  /** Its video is being prepared, so the server does not give it out yet. */
  preparing: boolean;
};

export function LessonRoom({ lessonId, lesson, preparing, course }: Props) {
  const { t } = useTranslation(['player', 'common']);
  const format = useFormat();
  const wide = useWide();
  const [rail, setRail] = useState(true);
  const [tab, setTab] = useState<Tab>(wide ? 'text' : 'lessons');
  const [lost, setLost] = useState(false);
  const engine = useRef<Engine>(undefined);
  const screen = useRef<HTMLDivElement>(null);
  const folds = useFolds(course.modules, lessonId);
  const place = placeOf(course, lessonId);
  const title = lesson?.title ?? titleOf(course, lessonId);
  const kind = lesson?.kind ?? kindOf(course, lessonId);

  const chat = (
    <LessonChat
      lessonId={lessonId}
      {...(lesson?.video
        ? {
            second: () => engine.current?.view().time ?? 0,
            goTo: (second: number) => {
              const player = engine.current;
              if (!player) return;
              if (player.view().stage === 'ready') player.seek(second);
              else void player.start(second);
              if (!wide) scrollTo({ top: 0 });
            },
          }
        : {})}
    />
  );
  const programme = (
    <Programme course={course.course.id} modules={railModules(course)} now={lessonId} folds={folds} />
  );
  const tabs: Tab[] = wide ? ['text', 'files'] : ['lessons', 'text', 'files', 'chat'];
  const shown = tabs.includes(tab) ? tab : (tabs[0] ?? 'text');

  return (
    <>
      <LessonHeader course={course} />
      <div className={`${css.layout} ${rail && wide ? css.withRail : ''}`}>
        <div className={css.video} ref={screen}>
          {kind === 'video' &&
            (lesson?.video ? (
              <Video
                key={lesson.id}
                lesson={lesson}
                length={lesson.video.duration_s}
                course={course}
                engine={engine}
                screen={screen}
                setLost={setLost}
              />
            ) : lesson || preparing ? (
              <div className={css.stage} role="status">
                <Loader color="white" size={32} aria-hidden />
                {t('lesson.notReady')}
              </div>
            ) : (
              <div className={css.stage} />
            ))}
        </div>
        <div className={css.info}>
          <div className={css.head}>
            <div className="grow">
              <p className="small mut">
                {t('lesson.moduleLesson', {
                  module: format.number(place.module),
                  lesson: format.number(place.lesson),
                })}
              </p>
              <h1 className={`work ${css.title}`}>
                <bdi>{title}</bdi>
              </h1>
            </div>
            <div className={css.around}>
              <Neighbour
                course={course.course.id}
                to={lesson ? lesson.previous_id : besides(course, lessonId, -1)}
                back
              />
              <Neighbour
                course={course.course.id}
                to={lesson ? lesson.next_id : besides(course, lessonId, 1)}
              />
              {!rail && wide && (
                <button
                  type="button"
                  className={css.iconButton}
                  onClick={() => setRail(true)}
                  aria-label={t('lesson.showRail')}
                  title={t('lesson.showRail')}
                >
                  <IconLayoutSidebarRightExpand size={22} stroke={1.75} className="flip" />
                </button>
              )}
            </div>
          </div>
          {lesson && <Completes lesson={lesson} key={lesson.id} />}
          {lost && <Note tone="warn">{t('lesson.progressLost')}</Note>}
          <Tabs
            tabs={tabs}
            shown={shown}
            pick={setTab}
            files={lesson?.files.length ?? 0}
            chat={<Unread lessonId={lessonId} />}
          />
        </div>
        <div
          className={`${css.body} ${shown === 'chat' ? css.chatBody : ''}`}
          role="tabpanel"
          id={`panel-${shown}`}
          aria-labelledby={`tab-${shown}`}
        >
          {(shown === 'text' || shown === 'files') && !lesson && !preparing && <Bones />}
          {shown === 'text' && lesson && <LessonText lesson={lesson} />}
          {shown === 'files' && lesson && <LessonFiles lesson={lesson} />}
          {shown === 'lessons' && (
            <>
              <h2 className="hidden">{t('lesson.programme')}</h2>
              {programme}
            </>
          )}
          {shown === 'chat' && chat}
        </div>
        {rail && wide && (
          <aside className={css.rail} aria-label={t('lesson.showRail')}>
            <div className={css.railInside}>
              <div className={css.railTop} data-scrolls>
                <div className={css.railHead}>
                  <h2 className={css.railTitle}>{t('lesson.programme')}</h2>
                  <button
                    type="button"
                    className={css.iconButton}
                    onClick={() => setRail(false)}
                    aria-label={t('lesson.hideRail')}
                    title={t('lesson.hideRail')}
                  >
                    <IconLayoutSidebarRightExpand size={20} stroke={1.75} className={css.turned} />
                  </button>
                </div>
                {programme}
              </div>
              {chat}
            </div>
          </aside>
        )}
      </div>
    </>
  );
}

type VideoProps = {
  lesson: Lesson;
  /** Seconds. */
  length: number;
  course: Course;
  engine: RefObject<Engine | undefined>;
  screen: RefObject<HTMLDivElement | null>;
  setLost: (lost: boolean) => void;
};

/** The player of one lesson: what it plays, whom it reports to, what comes next. */
function Video({ lesson, length, course, engine, screen, setLost }: VideoProps) {
  const navigate = useNavigate();
  const [autoStart] = useState(() => {
    const yes = asked === lesson.id;
    asked = undefined;
    return yes;
  });
  const grant = useCallback(
    () => body(api.POST('/lessons/{id}/play', { params: { path: { id: lesson.id } } })),
    [lesson.id],
  );
  const follow = useCallback(
    (started: Engine) => {
      engine.current = started;
      const stop = followProgress(started, lesson.course_id, lesson.id, {
        reported: () => undefined,
        lost: setLost,
      });
      return () => {
        stop();
        engine.current = undefined;
        setLost(false);
      };
    },
    [lesson.course_id, lesson.id, engine, setLost],
  );
  const nextId = lesson.next_id;
  const goNext = useCallback(() => {
    if (!nextId) return;
    asked = nextId;
    void navigate({
      to: '/learn/$courseId/$lessonId',
      params: { courseId: lesson.course_id, lessonId: nextId },
    });
  }, [navigate, nextId, lesson.course_id]);
  const nextTitle = nextId ? titleOf(course, nextId) : undefined;
  const next = useMemo(
    () => (nextTitle === undefined ? undefined : { title: nextTitle, go: goNext }),
    [nextTitle, goNext],
  );
  return (
    <Suspense fallback={<div className={css.stage} />}>
      <Player
        title={lesson.title}
        grant={grant}
        duration={length}
        from={lesson.position_s}
        poster={
          lesson.video?.poster_url ? (
            <img src={lesson.video.poster_url} alt="" />
          ) : (
            course.course.cover && <Cover id={course.course.id} cover={course.course.cover} sizes="100vw" />
          )
        }
        autoStart={autoStart}
        pageKeys
        follow={follow}
        screen={screen}
        next={next}
      />
    </Suspense>
  );
}

function Neighbour({ course, to, back = false }: { course: string; to: string | null; back?: boolean }) {
  const { t } = useTranslation('player');
  const words = back ? t('lesson.previous') : t('lesson.nextLesson');
  const look = back
    ? {
        variant: 'default',
        leftSection: <IconArrowLeft size={18} stroke={1.75} className="flip" aria-hidden />,
      }
    : { rightSection: <IconArrowRight size={18} stroke={1.75} className="flip" aria-hidden /> };
  // The button keeps its place at both ends of the course, so that it is always where the hand expects it.
  if (!to) {
    return (
      <Button {...look} disabled aria-disabled title={back ? undefined : t('lesson.courseDone')}>
        {words}
      </Button>
    );
  }
  return (
    <LinkButton {...look} to="/learn/$courseId/$lessonId" params={{ courseId: course, lessonId: to }}>
      {words}
    </LinkButton>
  );
}

function Completes({ lesson }: { lesson: Lesson }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const errorText = useErrorText();
  const mark = useMutation({
    mutationFn: () => body(api.POST('/learn/lessons/{id}/done', { params: { path: { id: lesson.id } } })),
    onSuccess: (progress) => {
      remember(lesson.course_id, lesson.id, progress);
      toast({ text: t('lesson.marked') });
    },
  });
  const done = lesson.mark === 'done';
  const rule = done
    ? t('lesson.doneRule')
    : lesson.completes.kind === 'read'
      ? t('lesson.readRule')
      : t('lesson.watchRule', { percent: format.percent(lesson.completes.percent ?? 90) });
  return (
    <div className={css.completes}>
      <span className={done ? css.isDone : css.isOpen}>
        {done ? (
          <IconCircleCheckFilled size={18} aria-hidden />
        ) : (
          <IconCircleDashed size={18} stroke={1.75} aria-hidden />
        )}
        {lesson.kind === 'video' && (
          <b className="num">
            <bdi>{format.percent(lesson.percent)}</bdi>
          </b>
        )}
      </span>
      <span className="mut" aria-live="polite">
        {rule}
      </span>
      {!done && lesson.completes.kind === 'read' && (
        <Button size="xs" variant="light" loading={mark.isPending} onClick={() => mark.mutate()}>
          {t('lesson.markDone')}
        </Button>
      )}
      {mark.isError && <Note tone="bad">{errorText(mark.error)}</Note>}
    </div>
  );
}

const tabWords = { lessons: 'tabLessons', text: 'tabText', files: 'tabFiles', chat: 'tabChat' } as const;

function Tabs({
  tabs,
  shown,
  pick,
  files,
  chat,
}: {
  tabs: Tab[];
  shown: Tab;
  pick: (tab: Tab) => void;
  files: number;
  /** What has come in the chat. */
  chat: ReactNode;
}) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const list = useRef<HTMLDivElement>(null);
  const step = (event: React.KeyboardEvent) => {
    const rtl = document.documentElement.dir === 'rtl';
    const by = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const index = (tabs.indexOf(shown) + by + tabs.length) % tabs.length;
    const to = tabs[index];
    if (!to) return;
    pick(to);
    list.current?.querySelector<HTMLElement>(`#tab-${to}`)?.focus();
  };
  return (
    <div className={css.tabs} role="tablist" aria-label={t('lesson.tabs')} ref={list} onKeyDown={step}>
      {tabs.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`tab-${tab}`}
          aria-selected={tab === shown}
          aria-controls={`panel-${tab}`}
          tabIndex={tab === shown ? 0 : -1}
          onClick={() => pick(tab)}
        >
          {t(`lesson.${tabWords[tab]}`)}
          {tab === 'files' && files > 0 && <span className={css.count}>{format.number(files)}</span>}
          {tab === 'chat' && chat}
        </button>
      ))}
    </div>
  );
}

/** Holds the room of the chat, also while another tab is shown, and says how much has come. */
function Unread({ lessonId }: { lessonId: string }) {
  const { me } = useSession();
  const room = useRoomId(lessonId);
  return me && room.data ? <UnreadIn user={me.id} room={room.data.room_id} /> : null;
}

function UnreadIn({ user, room }: { user: string; room: string }) {
  const client = useRoom(user, room);
  return client ? <UnreadCount client={client} /> : null;
}

function UnreadCount({ client }: { client: RoomClient }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const { room, phase } = useRoomView(client);
  const { count, more } = unreadOf(room, client.user);
  if (phase !== 'ready' || count === 0) return null;
  const value = `${format.number(count)}${more ? '+' : ''}`;
  return (
    <span className={`${css.count} ${css.fresh}`}>
      <span aria-hidden>{value}</span>
      <span className="hidden">, {t('latest_new', { count, value })}</span>
    </span>
  );
}

function placeOf(course: Course, lessonId: string): { module: number; lesson: number } {
  let number = 0;
  for (const [index, module] of course.modules.entries()) {
    for (const lesson of module.lessons) {
      number++;
      if (lesson.id === lessonId) return { module: index + 1, lesson: number };
    }
  }
  return { module: 1, lesson: 1 };
}

const lessonsOf = (course: Course) => course.modules.flatMap((module) => module.lessons);
const titleOf = (course: Course, id: string) => lessonsOf(course).find((lesson) => lesson.id === id)?.title;
const kindOf = (course: Course, id: string) => lessonsOf(course).find((lesson) => lesson.id === id)?.kind;

/** The lesson before or after, as far as the programme tells. */
function besides(course: Course, id: string, by: 1 | -1): string | null {
  const lessons = lessonsOf(course);
  const index = lessons.findIndex((lesson) => lesson.id === id);
  return index < 0 ? null : (lessons[index + by]?.id ?? null);
}

const railModules = (course: Course): RailModule[] =>
  course.modules.map((module) => ({
    ...module,
    lessons: module.lessons.map((lesson) => ({
      ...lesson,
      open: lesson.mark !== 'locked',
      reason: lesson.mark === 'locked' ? ('lockedNotReady' as const) : undefined,
    })),
  }));

/** The text of a lesson that is on its way. */
function Bones() {
  const { t } = useTranslation();
  return (
    <div aria-busy="true">
      <span className="hidden" role="status">
        {t('loading')}
      </span>
      <div className={css.boneTitle} />
      <div className={css.boneLine} />
    </div>
  );
}

/** The page before its data is there, with the measures of the real one. */
export function LessonSkeleton() {
  const { t } = useTranslation();
  const wide = useWide();
  return (
    <div aria-busy="true">
      <span className="hidden" role="status">
        {t('loading')}
      </span>
      <LessonHeader />
      <div className={`${css.layout} ${wide ? css.withRail : ''}`} aria-hidden>
        <div className={css.video}>
          <div className={css.stage} />
        </div>
        <div className={css.info}>
          <div className={css.boneTitle} />
          <div className={css.boneLine} />
        </div>
        <div className={css.body} />
        {wide && <div className={css.rail} />}
      </div>
    </div>
  );
}
