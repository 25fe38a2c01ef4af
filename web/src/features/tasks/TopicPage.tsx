// `/learn/<course>/topics/<topic>`: the lessons and tasks of a topic with their states, and when it opens.
import { Button, Skeleton } from '@mantine/core';
import {
  IconChevronRight,
  IconCircle,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconFileText,
  IconHourglass,
  IconListCheck,
  IconLock,
  IconPencil,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { NewsBanner } from '~/features/announcements/NewsBanner';
import { useSession } from '~/features/identity/session';
import { mayNot } from '~/features/learning/lessonState';
import { Progress } from '~/ui/Progress';
import { Failed, SignInFirst, State } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { ClosedTopic, closedUntil, NotYours, useOpening } from './Closed';
import type { Topic, TopicLesson } from './contract';
import { topicQuery } from './queries';
import { Lines } from './TaskLine';
import css from './Topic.module.css';

const TopicEdit = lazy(() => import('./TopicEdit').then((file) => ({ default: file.TopicEdit })));

const route = getRouteApi('/learn/$courseId/topics/$topicId');

export function TopicPage() {
  const { courseId, topicId } = route.useParams();
  const { t } = useTranslation('tasks');
  const { state } = useSession();
  const topic = useQuery({ ...topicQuery(topicId), enabled: state === 'user' });
  useTitle(topic.data?.title);
  useOpening(topic.data && !topic.data.is_open ? topic.data.opens_at : undefined, () => void topic.refetch());
  const opens = closedUntil(topic.error);
  if (state === 'guest') return <SignInFirst page />;
  if (opens !== undefined) {
    return <ClosedTopic opensAt={opens} courseId={courseId} again={() => void topic.refetch()} />;
  }
  if (topic.isError && (!topic.data || mayNot(topic.error))) {
    if (isApiError(topic.error) && [402, 403].includes(topic.error.status)) {
      return <NotYours courseId={courseId} />;
    }
    return <Failed page error={topic.error} retry={() => void topic.refetch()} />;
  }
  return (
    <div className={`page ${css.topic}`}>
      <Waiting pending={!topic.data} label={t('loadingTopic')} skeleton={<Bones />}>
        {topic.data && <Inside topic={topic.data} courseId={courseId} staff={topic.data.is_inside} />}
      </Waiting>
    </div>
  );
}

function Inside({ topic, courseId, staff }: { topic: Topic; courseId: string; staff: boolean }) {
  const [editing, setEditing] = useState(false);
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const percent = topic.total > 0 ? (topic.done / topic.total) * 100 : 0;
  const loose = topic.tasks.filter((task) => !task.lesson_id);
  const titles = new Map(topic.lessons.map((lesson) => [lesson.id, lesson.title]));
  const closed = !topic.is_open;
  return (
    <>
      <NewsBanner course={topic.course.id} />
      <p className={css.crumbs}>
        <Link to="/courses/$courseId" params={{ courseId: topic.course.id }} className="mut">
          <bdi>{topic.course.title}</bdi>
        </Link>
        <IconChevronRight size={14} stroke={1.75} className="flip mut" aria-hidden />
        <span className="mut">{t('topicNo', { value: format.number(topic.position) })}</span>
      </p>
      <div className={css.headRow}>
        <h1 className="work">
          <bdi>{topic.title}</bdi>
        </h1>
        {staff && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPencil size={18} stroke={1.75} aria-hidden />}
            onClick={() => setEditing(true)}
          >
            {t('topic.edit')}
          </Button>
        )}
      </div>
      {editing && (
        <Suspense fallback={null}>
          <TopicEdit topic={topic} close={() => setEditing(false)} />
        </Suspense>
      )}
      {closed ? (
        <p className={css.closed}>
          <Tag tone="warn" icon={IconHourglass}>
            {t('closed.title')}
          </Tag>
          <span>
            {topic.opens_at
              ? t('closed.at', { at: format.dateTime(topic.opens_at), zone: format.zone })
              : t('closed.later')}
          </span>
        </p>
      ) : (
        <div className={css.progress}>
          <Progress percent={percent} />
          <span className="small mut nb">
            {t('doneOf', { done: format.number(topic.done), all: format.number(topic.total) })}
          </span>
        </div>
      )}
      {!closed && topic.lessons.length === 0 && topic.tasks.length === 0 && (
        <State icon={<IconListCheck size={28} stroke={1.5} />} title={t('topicEmpty')}>
          {t('topicEmptyText')}
        </State>
      )}
      {topic.lessons.length > 0 && (
        <section className={css.part} aria-labelledby="lessons">
          <h2 id="lessons">{t('lessons')}</h2>
          <ul className={css.list}>
            {topic.lessons.map((lesson) => (
              <li key={lesson.id}>
                <LessonLine lesson={lesson} courseId={courseId} closed={closed} />
                <Lines
                  tasks={topic.tasks.filter((task) => task.lesson_id === lesson.id)}
                  courseId={courseId}
                  closed={closed}
                  label={t('tasksOf', { name: titles.get(lesson.id) ?? '' })}
                  inner
                />
              </li>
            ))}
          </ul>
        </section>
      )}
      {loose.length > 0 && (
        <section className={css.part} aria-labelledby="tasks">
          <h2 id="tasks">{t('tasks')}</h2>
          <Lines tasks={loose} courseId={courseId} closed={closed} label={t('tasks')} />
        </section>
      )}
    </>
  );
}

function LessonLine({
  lesson,
  courseId,
  closed,
}: {
  lesson: TopicLesson;
  courseId: string;
  closed: boolean;
}) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const locked = closed || lesson.mark === 'locked';
  const [Icon, word, tone] = locked
    ? ([IconLock, t('lesson.locked'), ''] as const)
    : lesson.mark === 'done'
      ? ([IconCircleCheckFilled, t('lesson.done'), css.ok] as const)
      : lesson.mark === 'in_progress'
        ? ([IconCircleDashed, t('lesson.inProgress'), css.accent] as const)
        : ([lesson.kind === 'text' ? IconFileText : IconCircle, t('lesson.todo'), ''] as const);
  const inside = (
    <>
      <span className={`${css.sign} ${tone}`}>
        <Icon size={20} stroke={1.75} aria-hidden />
        <span className="hidden">{word}. </span>
      </span>
      <span className={css.name}>
        <bdi>{lesson.title}</bdi>
      </span>
      <span className={css.facts}>
        {lesson.duration_s > 0 && (
          <bdi>
            {lesson.kind === 'video' ? format.clock(lesson.duration_s) : format.span(lesson.duration_s)}
          </bdi>
        )}
      </span>
    </>
  );
  if (locked) return <div className={`${css.line} ${css.locked}`}>{inside}</div>;
  return (
    <Link to="/learn/$courseId/$lessonId" params={{ courseId, lessonId: lesson.id }} className={css.line}>
      {inside}
    </Link>
  );
}

function Bones() {
  return (
    <>
      <Skeleton height={20} width={180} radius="sm" />
      <Skeleton height={30} mt={6} width="50%" radius="sm" />
      <Skeleton height={8} mt={20} maw={420} radius="sm" />
      {[0, 1, 2, 3].map((n) => (
        <Skeleton key={n} height={48} mt={12} radius="md" />
      ))}
    </>
  );
}
