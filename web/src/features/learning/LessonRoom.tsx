// A lesson for whoever takes the course: header, video or text, what completes it, and the rail.
import { Button, Loader, Skeleton } from '@mantine/core';
import {
  IconArrowLeft,
  IconArrowRight,
  IconFileText,
  IconLayoutSidebarRightExpand,
  IconMessageQuestion,
} from '@tabler/icons-react';
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '~/api/client';
import { NewsBanner } from '~/features/announcements/NewsBanner';
import { CourseTalk } from '~/features/forum/CourseTalk';
import type { Ask } from '~/features/messaging/Composer';
import { LessonChat } from '~/features/messaging/LessonChat';
import { LessonTasks } from '~/features/tasks/LessonTasks';
import type { Engine } from '~/features/video/engine';
import { keepPrefs, readPrefs } from '~/features/video/prefs';
import { useEngine } from '~/features/video/useEngine';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { useFormat } from '~/ui/useFormat';
import { Completes } from './Completes';
import { besides, kindOf, placeOf, railModules, titleOf } from './courseMap';
import { LessonFiles, LessonText } from './LessonBody';
import { LessonHeader } from './LessonHeader';
import css from './LessonPage.module.css';
import { type Tab, Tabs, Unread } from './LessonTabs';
import { LessonVideo } from './LessonVideo';
import { useMini } from './mini';
import { Programme, useFolds } from './Programme';
import { useWide } from './useWide';

const Transcript = lazy(() =>
  import('~/features/video/Transcript').then((file) => ({ default: file.Transcript })),
);

const LessonQuestions = lazy(() =>
  import('~/features/forum/LessonQuestions').then((file) => ({ default: file.LessonQuestions })),
);

const LessonNotes = lazy(() => import('./LessonNotes').then((file) => ({ default: file.LessonNotes })));

type Lesson = Schemas['LessonPage'];
type Course = Schemas['LearnCourse'];

type Props = {
  lessonId: string;
  /** Where the address says that the video is to begin, seconds. */
  at: number | undefined;
  course: Course;
  /** Absent while it is on its way: the room stays, so that rail, tab, folds and full screen outlive each lesson. */
  lesson: Lesson | undefined;
  /** Its video is being prepared, so the server does not give it out yet. */
  preparing: boolean;
};

export function LessonRoom({ lessonId, at, lesson, preparing, course }: Props) {
  const { t } = useTranslation(['player', 'common']);
  const format = useFormat();
  const wide = useWide();
  const [rail, setRail] = useState(true);
  const [tab, setTab] = useState<Tab>(wide ? 'text' : 'lessons');
  const [lost, setLost] = useState(false);
  const [engine, setEngine] = useState<Engine | undefined>(undefined);
  /** What the composer of the chat is asked to begin with. */
  const [ask, setAsk] = useState<Ask | undefined>(undefined);
  const [reads, setReads] = useState(() => readPrefs().transcript);
  const screen = useRef<HTMLDivElement>(null);
  const folds = useFolds(course.modules, lessonId);
  const place = placeOf(course, lessonId);
  const title = lesson?.title ?? titleOf(course, lessonId);
  const kind = lesson?.kind ?? kindOf(course, lessonId);

  const begun = useEngine(engine, (view) => view.begun) === true;
  const captioned = useEngine(engine, (_view, { captions }) => captions.view().tracks.length > 0) === true;
  const stop = useCallback(() => engine?.pause(), [engine]);
  const mini = useMini(screen, begun, wide, stop);
  const beside = wide && captioned && reads;
  const setTranscript = useCallback((on: boolean) => {
    keepPrefs({ transcript: on });
    setReads(on);
  }, []);
  const toggleTranscript = useMemo(() => {
    if (!captioned) return undefined;
    return () => {
      setTab(wide ? 'text' : 'transcript');
      if (wide) setTranscript(!(beside && tab === 'text'));
    };
  }, [captioned, wide, beside, tab, setTranscript]);
  const question = useCallback(
    (second: number | undefined, text?: string) => {
      setAsk({ second, text });
      if (wide) setRail(true);
      else setTab('chat');
    },
    [wide],
  );
  const report = useCallback(
    (second: number, why: string) => question(second, t('reportText', { at: format.clock(second), why })),
    [question, t, format],
  );
  const goTo = useCallback(
    (second: number) => {
      if (!engine) return;
      if (engine.view().stage === 'ready') engine.seek(second);
      else void engine.start(second);
      if (!wide) scrollTo({ top: 0 });
    },
    [engine, wide],
  );

  const second = useCallback(() => engine?.view().time ?? 0, [engine]);

  const chat = (
    <Suspense fallback={<Skeleton height={240} radius="md" />}>
      <LessonChat lessonId={lessonId} ask={ask} {...(lesson?.video ? { second, goTo } : {})} />
    </Suspense>
  );
  const talk = (
    <div className={css.railTalk}>
      <Suspense fallback={null}>
        <CourseTalk courseId={course.course.id} author={course.course.author.id} />
      </Suspense>
    </div>
  );
  const programme = (
    <Programme course={course.course.id} modules={railModules(course)} now={lessonId} folds={folds} topics />
  );
  const tabs: Tab[] = wide
    ? ['text', 'files', 'notes', 'questions']
    : [
        'lessons',
        'text',
        ...(captioned ? (['transcript'] as const) : []),
        'files',
        'notes',
        'questions',
        'chat',
      ];
  const transcript = (close?: () => void) =>
    engine && (
      <Suspense fallback={<Skeleton height={240} radius="md" />}>
        <Transcript engine={engine} close={close} />
      </Suspense>
    );
  const shown = tabs.includes(tab) ? tab : (tabs[0] ?? 'text');

  return (
    <>
      <LessonHeader course={course} />
      <div className={`${css.layout} ${rail && wide ? css.withRail : ''}`}>
        <div className={`${css.video} ${mini.on ? css.isMini : ''}`} ref={screen}>
          {kind === 'video' &&
            (lesson?.video ? (
              <LessonVideo
                key={lesson.id}
                lesson={lesson}
                length={lesson.video.duration_s}
                at={at}
                course={course}
                engine={engine}
                setEngine={setEngine}
                screen={screen}
                setLost={setLost}
                mini={wide ? mini : undefined}
                transcript={toggleTranscript}
                report={report}
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
          {lesson && (
            <div className={css.under}>
              <Completes lesson={lesson} key={lesson.id} />
              <Button
                variant="default"
                size="xs"
                leftSection={<IconMessageQuestion size={18} stroke={1.75} aria-hidden />}
                onClick={() => question(lesson.video && begun ? (engine?.view().time ?? 0) : undefined)}
              >
                {t('lesson.ask')}
              </Button>
            </div>
          )}
          {/* What brings words of its own must not take the page, with its video, off the screen while they come. */}
          <Suspense fallback={null}>
            <div className={css.news}>
              <NewsBanner course={course.course.id} live />
            </div>
          </Suspense>
          {lost && (
            <div className={css.lost}>
              <Note tone="warn">{t('lesson.progressLost')}</Note>
            </div>
          )}
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
          {shown === 'text' && lesson && (
            <div className={beside ? css.besides : ''}>
              <div>
                {captioned && wide && !reads && (
                  <Button
                    variant="default"
                    size="xs"
                    mb="sm"
                    leftSection={<IconFileText size={18} stroke={1.75} aria-hidden />}
                    onClick={() => setTranscript(true)}
                  >
                    {t('transcript.title')}
                  </Button>
                )}
                <LessonText lesson={lesson} />
                <Suspense fallback={null}>
                  <LessonTasks courseId={course.course.id} topicId={lesson.module_id} tasks={lesson.tasks} />
                </Suspense>
              </div>
              {beside && transcript(() => setTranscript(false))}
            </div>
          )}
          {shown === 'transcript' && transcript()}
          {shown === 'files' && lesson && <LessonFiles lesson={lesson} />}
          {shown === 'notes' && (
            <Suspense fallback={<Skeleton height={240} radius="md" />}>
              <LessonNotes
                courseId={course.course.id}
                lessonId={lessonId}
                second={begun ? second : undefined}
                goTo={lesson?.video ? goTo : undefined}
              />
            </Suspense>
          )}
          {shown === 'questions' && (
            <Suspense fallback={<Skeleton height={240} radius="md" />}>
              <LessonQuestions
                key={lessonId}
                courseId={course.course.id}
                lessonId={lessonId}
                {...(lesson?.video ? { second, goTo } : {})}
              />
            </Suspense>
          )}
          {shown === 'lessons' && (
            <>
              <h2 className="hidden">{t('lesson.programme')}</h2>
              {talk}
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
                {talk}
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
