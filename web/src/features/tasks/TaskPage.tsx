// `/learn/<course>/tasks/<task>`: what is asked, the answer, what came of it, and the chat beside it.
import { Button, Skeleton } from '@mantine/core';
import {
  IconArrowLeft,
  IconArrowRight,
  IconCloudCheck,
  IconCloudOff,
  IconCloudUp,
  IconPencil,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useSession } from '~/features/identity/session';
import { mayNot } from '~/features/learning/lessonState';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { RichText } from '~/ui/RichText';
import { Failed, SignInFirst } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { AnswerField } from './AnswerField';
import { Attempts } from './Attempts';
import { choiceBody } from './answer';
import { ClosedTopic, closedUntil, NotYours } from './Closed';
import type { Task } from './contract';
import { taskQuery } from './queries';
import { ReadAs } from './ReadAs';
import { Solution } from './Solution';
import css from './Task.module.css';
import { TaskChat } from './TaskChat';
import { TaskHeader } from './TaskHeader';
import { TaskMark } from './TaskMark';
import { useAttempt, useWait } from './useAttempt';
import { useHint } from './useHint';

const route = getRouteApi('/learn/$courseId/tasks/$taskId');

export function TaskPage() {
  const { courseId, taskId } = route.useParams();
  const { state } = useSession();
  const task = useQuery({ ...taskQuery(taskId), enabled: state === 'user' });
  useTitle(task.data?.title);
  const opens = closedUntil(task.error);
  if (state === 'guest') {
    return (
      <>
        <TaskHeader courseId={courseId} />
        <SignInFirst page />
      </>
    );
  }
  if (opens !== undefined || (task.isError && (!task.data || mayNot(task.error)))) {
    return (
      <>
        <TaskHeader courseId={courseId} />
        {opens !== undefined ? (
          <ClosedTopic opensAt={opens} courseId={courseId} again={() => void task.refetch()} />
        ) : isApiError(task.error) && [402, 403].includes(task.error.status) ? (
          <NotYours courseId={courseId} />
        ) : (
          <Failed page error={task.error} retry={() => void task.refetch()} />
        )}
      </>
    );
  }
  if (!task.data) return <Bones courseId={courseId} />;
  return (
    <>
      <TaskHeader courseId={courseId} task={task.data} />
      <Inside
        key={task.data.id}
        courseId={courseId}
        task={task.data}
        asked={task.dataUpdatedAt}
        staff={task.data.is_inside}
      />
    </>
  );
}

type InsideProps = { courseId: string; task: Task; asked: number; staff: boolean };

function Inside({ courseId, task, asked, staff }: InsideProps) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const step = (to: string | null, back: boolean) =>
    to && (
      <LinkButton
        variant="default"
        to="/learn/$courseId/tasks/$taskId"
        params={{ courseId, taskId: to }}
        {...(back
          ? { leftSection: <IconArrowLeft size={18} stroke={1.75} className="flip" aria-hidden /> }
          : { rightSection: <IconArrowRight size={18} stroke={1.75} className="flip" aria-hidden /> })}
      >
        {back ? t('previous') : t('next')}
      </LinkButton>
    );
  return (
    <div className={css.layout}>
      <div className={css.left}>
        <p className="small mut">
          {t('topicNo', { value: format.number(task.topic.position) })}
          {' · '}
          <bdi>{task.topic.title}</bdi>
        </p>
        <div className={css.head}>
          <h1 className="work" id="task-title">
            <bdi>{task.title}</bdi>
          </h1>
          <span className={css.tags}>
            {task.state !== 'new' && <TaskMark state={task.state} word />}
            <Tag tone="grey">
              {task.score > 0 && task.score < task.points
                ? t('scoreOf', { score: format.number(task.score, 2), all: format.number(task.points) })
                : t('points', { count: task.points, value: format.number(task.points) })}
            </Tag>
            {!task.required && <Tag tone="outline">{t('optional')}</Tag>}
          </span>
        </div>
        <div className={css.statement}>
          <RichText doc={task.statement} />
        </div>
        <Answering task={task} courseId={courseId} asked={asked} />
        <Solution task={task} />
        <Attempts task={task} />
        <nav className={css.around} aria-label={t('around')}>
          {step(task.previous_id, true)}
          <span className="grow" />
          {staff && (
            <LinkButton
              variant="subtle"
              to="/studio/tasks/$taskId"
              params={{ taskId: task.id }}
              leftSection={<IconPencil size={18} stroke={1.75} aria-hidden />}
            >
              {t('source')}
            </LinkButton>
          )}
          {step(task.next_id, false)}
        </nav>
      </div>
      <aside className={css.chat} id="chat" aria-label={t('chat.title')}>
        <div className={css.chatInside}>
          <TaskChat task={task} staff={staff} />
        </div>
      </aside>
    </div>
  );
}

function Answering({ task, courseId, asked }: { task: Task; courseId: string; asked: number }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const errorText = useErrorText();
  const attempt = useAttempt(task);
  const wait = useWait(task.wait_s, asked);
  const byPerson = task.kind === 'free' || task.kind === 'file';
  const { error } = attempt;
  const hint = useHint();
  const hinted = isApiError(error) && error.code === 'answer_invalid';
  const pick = choiceBody(task.body).pick ?? 0;
  const lack = attempt.lack && t(`lack.${attempt.lack}`, { count: pick, value: format.number(pick) });
  const right = task.state === 'right';
  const waits = wait > 0;
  return (
    <section className={css.answer} aria-labelledby="answer">
      <h2 id="answer" className={css.h3}>
        {t('yourAnswer')}
      </h2>
      {attempt.changed && <Note tone="warn">{t('changed')}</Note>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!waits) attempt.send();
        }}
        className={css.form}
      >
        <AnswerField
          task={{ id: task.id, courseId, kind: task.kind, body: task.body }}
          answer={attempt.answer}
          change={attempt.change}
          left={attempt.left}
          error={lack ?? (hinted ? hint(error.more.hint) : undefined)}
          labelledBy="task-title answer"
        />
        <div className={css.actions}>
          <Button
            type="submit"
            variant={right ? 'default' : 'filled'}
            loading={attempt.sending}
            aria-disabled={waits}
            data-waits={waits || undefined}
            className={css.check ?? ''}
          >
            {byPerson ? t('handIn') : t('check')}
          </Button>
          {right && task.next_id && (
            <LinkButton
              to="/learn/$courseId/tasks/$taskId"
              params={{ courseId, taskId: task.next_id }}
              rightSection={<IconArrowRight size={18} stroke={1.75} className="flip" aria-hidden />}
            >
              {t('next')}
            </LinkButton>
          )}
          {waits ? (
            <span className={css.wait}>
              {t('wait')} <bdi className="num">{format.clock(wait)}</bdi>
            </span>
          ) : (
            <DraftSign draft={attempt.draft} />
          )}
        </div>
      </form>
      {error && !hinted && <Note tone="bad">{errorText(error)}</Note>}
      <div role="status" className={css.verdict}>
        {attempt.result && <Verdict task={task} result={attempt.result} />}
      </div>
    </section>
  );
}

function Verdict({
  task,
  result,
}: {
  task: Task;
  result: NonNullable<ReturnType<typeof useAttempt>['result']>;
}) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const { attempt, need_wrong: need, chat_opened: opened, feedback } = result;
  const { verdict } = attempt;
  const points = {
    points: format.number(attempt.points, 2),
    all: format.number(task.points),
  };
  return (
    <div className={`${css.result} ${css[`tone_${verdict}`]}`} data-verdict={verdict}>
      <TaskMark state={verdict} />
      <div className="grow">
        <p>
          <b aria-hidden>{t(`state.${verdict}`)}.</b> {verdict === 'right' && t('verdict.right', points)}
          {verdict === 'partial' && t('verdict.partial', points)}
          {verdict === 'pending' && t('verdict.pending')}
          {(verdict === 'wrong' || verdict === 'partial') && (need === 0 || task.state !== 'right') && (
            <>
              {' '}
              {opened
                ? t('verdict.chatOpened')
                : need > 0
                  ? t('verdict.need', { count: need, value: format.number(need) })
                  : t('verdict.chat')}{' '}
              {need === 0 && (
                <a className="link only-narrow" href="#chat">
                  {t('toChat')}
                </a>
              )}
            </>
          )}
        </p>
        <ReadAs attempt={attempt} className="small mut" />
        {feedback && <p dir="auto">{feedback}</p>}
      </div>
    </div>
  );
}

function DraftSign({ draft }: { draft: ReturnType<typeof useAttempt>['draft'] }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const icon = { size: 16, stroke: 1.75, 'aria-hidden': true } as const;
  return (
    <span className={css.draft} aria-live="polite" data-draft={draft.status}>
      {draft.status === 'saved' && draft.at !== undefined && (
        <>
          <IconCloudCheck {...icon} />
          {t('draftSaved', { time: format.time(new Date(draft.at)) })}
        </>
      )}
      {draft.status === 'saving' && (
        <>
          <IconCloudUp {...icon} />
          {t('draftSaving')}
        </>
      )}
      {draft.status === 'offline' && (
        <>
          <IconCloudOff {...icon} />
          {t('draftOffline')}
        </>
      )}
    </span>
  );
}

function Bones({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  return (
    <div aria-busy="true">
      <span className="hidden" role="status">
        {t('loading')}
      </span>
      <TaskHeader courseId={courseId} />
      <div className={css.layout} aria-hidden>
        <div className={css.left}>
          <Skeleton height={18} width={140} radius="sm" />
          <Skeleton height={30} mt={6} width="60%" radius="sm" />
          <Skeleton height={120} mt={20} radius="md" />
          <Skeleton height={44} mt={32} maw={320} radius="md" />
        </div>
        <div className={css.chat} />
      </div>
    </div>
  );
}
