// `/grading`: essays and files that a person grades, one after the other without a reload; by keyboard too.
import { Button, Skeleton, Textarea, TextInput } from '@mantine/core';
import { IconArrowLeft, IconArrowRight, IconClipboardCheck } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { queryClient } from '~/app/queries';
import { useSession } from '~/features/identity/session';
import { Initials } from '~/ui/Initials';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { RichText } from '~/ui/RichText';
import { Failed, SignInFirst, State } from '~/ui/State';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { When } from '~/ui/When';
import { AnswerShown } from './AnswerShown';
import type { GradingItem } from './contract';
import css from './Grading.module.css';
import { nextOf, shareOf } from './grades';
import { grade, gradingQuery } from './queries';

const route = getRouteApi('/grading');

/** Whether a key belongs to a field that is being typed in. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable="true"]');

export function GradingPage() {
  const { t } = useTranslation('tasks');
  const { course } = route.useSearch();
  const { state } = useSession();
  const query = useQuery({ ...gradingQuery(course), enabled: state === 'user' });
  const [now, setNow] = useState<string | undefined>(undefined);
  /** What was graded on this page: it leaves the list when the server has been asked again. */
  const [graded, setGraded] = useState<ReadonlySet<string>>(new Set());
  /** What is typed and not yet saved, by the answer: going on to another one loses nothing. */
  const typed = useRef(new Map<string, Typed>());
  useTitle(t('grading.title'));
  const items = (query.data?.items ?? []).filter(({ attempt }) => !graded.has(attempt.id));
  const item = items.find(({ attempt }) => attempt.id === now) ?? items[0];
  const at = item ? items.indexOf(item) : -1;
  const ids = items.map(({ attempt }) => attempt.id);
  const step = (by: 1 | -1) => {
    const to = ids[at + by];
    if (to) setNow(to);
  };
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      // By the place of the key: other alphabets have other letters there.
      if (event.code === 'KeyJ') latest.current(1);
      else if (event.code === 'KeyK') latest.current(-1);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);

  if (state === 'guest') return <SignInFirst page />;
  if (query.isError && !query.data)
    return <Failed page error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className={`page ${css.page}`}>
      <header className={css.head}>
        <h1 className="work">{t('grading.title')}</h1>
        {item && (
          <div className={css.steps}>
            <Button
              variant="default"
              size="xs"
              disabled={at <= 0}
              aria-keyshortcuts="K"
              leftSection={<IconArrowLeft size={18} stroke={1.75} className="flip" aria-hidden />}
              onClick={() => step(-1)}
            >
              {t('grading.previous')}
            </Button>
            <span className="small mut num" aria-live="polite">
              {t('grading.of', { now: at + 1, all: items.length })}
            </span>
            <Button
              variant="default"
              size="xs"
              disabled={at >= items.length - 1}
              aria-keyshortcuts="J"
              rightSection={<IconArrowRight size={18} stroke={1.75} className="flip" aria-hidden />}
              onClick={() => step(1)}
            >
              {t('grading.next')}
            </Button>
          </div>
        )}
      </header>
      {query.isPending ? (
        <div aria-busy="true">
          <span className="hidden" role="status">
            {t('grading.loading')}
          </span>
          <Skeleton height={320} radius="md" />
        </div>
      ) : item ? (
        <Item
          key={item.attempt.id}
          item={item}
          typed={typed.current}
          done={() => {
            typed.current.delete(item.attempt.id);
            const next = nextOf(ids, item.attempt.id, graded);
            setGraded(new Set([...graded, item.attempt.id]));
            setNow(next);
            void queryClient.invalidateQueries({ queryKey: ['grading'] });
            toast({ text: t('grading.saved') });
          }}
        />
      ) : (
        <State icon={<IconClipboardCheck size={28} stroke={1.5} />} title={t('grading.empty')}>
          {t('grading.emptyText')}
        </State>
      )}
    </div>
  );
}

type Typed = { points: string; comment: string };

function Item({ item, typed, done }: { item: GradingItem; typed: Map<string, Typed>; done: () => void }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const errorText = useErrorText();
  const { attempt, task, student } = item;
  const [points, setPoints] = useState(() => typed.get(attempt.id)?.points ?? '');
  const [comment, setComment] = useState(() => typed.get(attempt.id)?.comment ?? '');
  useEffect(() => {
    if (points || comment) typed.set(attempt.id, { points, comment });
    else typed.delete(attempt.id);
  }, [typed, attempt.id, points, comment]);
  const [tried, setTried] = useState(false);
  const share = shareOf(points, task.points);
  const full = share !== undefined && share.score_num === share.score_den;
  const missing = share !== undefined && !full && !comment.trim();
  const save = useMutation({
    mutationFn: (given: NonNullable<typeof share>) =>
      grade(attempt.id, { ...given, comment: comment.trim() || null }),
    onSuccess: done,
  });
  const send = () => {
    setTried(true);
    if (share && !missing && !save.isPending) save.mutate(share);
  };
  const fault = (name: string) => (isApiError(save.error) ? save.error.field(name)?.message : undefined);
  const all = format.number(task.points);
  return (
    <div className={css.work}>
      <article className={css.read}>
        <p className={css.who}>
          <Initials name={student.name} id={student.id} />
          <span className="grow">
            <b>
              <bdi>{student.name}</bdi>
            </b>
            <br />
            <span className="small mut">
              <bdi>{item.course.title}</bdi>
              {' · '}
              {t('grading.attempt', { value: format.number(attempt.no) })}
              {' · '}
              {t('grading.handed')} <When at={attempt.created_at} />
            </span>
          </span>
        </p>
        <section aria-labelledby="answer">
          <h2 id="answer">{t('grading.answer')}</h2>
          <div className={css.answer}>
            <AnswerShown kind={task.kind} body={{}} answer={attempt.answer} files={attempt.files} whole />
          </div>
        </section>
        <details className={css.task}>
          <summary>
            {t('grading.task')}: <bdi>{task.title}</bdi>
          </summary>
          <RichText doc={task.statement} />
          <LinkButton variant="subtle" size="xs" to="/studio/tasks/$taskId" params={{ taskId: task.id }}>
            {t('grading.source')}
          </LinkButton>
        </details>
      </article>
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            send();
          }
        }}
      >
        <section aria-labelledby="rubric">
          <h2 id="rubric">{t('grading.rubric')}</h2>
          {task.rubric ? (
            <p dir="auto" className={css.rubric}>
              {task.rubric}
            </p>
          ) : (
            <p className="small mut">{t('grading.noRubric')}</p>
          )}
        </section>
        <div className={css.points}>
          <TextInput
            className="grow"
            label={t('grading.points', { all })}
            inputMode="decimal"
            autoComplete="off"
            attributes={{ input: { dir: 'ltr' } }}
            value={points}
            error={
              (tried || points !== '') && !share ? t('grading.pointsWrong', { all }) : fault('score_num')
            }
            onChange={(event) => setPoints(event.currentTarget.value)}
          />
          <Button variant="default" onClick={() => setPoints(String(task.points))}>
            {t('grading.all')}
          </Button>
          <Button variant="default" onClick={() => setPoints('0')}>
            {t('grading.none')}
          </Button>
        </div>
        <Textarea
          label={t('grading.comment')}
          description={t('grading.commentHelp')}
          value={comment}
          autosize
          minRows={4}
          maxLength={4000}
          {...asTyped(comment)}
          error={tried && missing ? t('grading.commentMissing') : fault('comment')}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        {save.isError && <Note tone="bad">{errorText(save.error)}</Note>}
        <div className={css.actions}>
          <Button type="submit" loading={save.isPending} aria-keyshortcuts="Control+Enter">
            {t('grading.save')}
          </Button>
          <span className="meta mut only-wide">{t('grading.keys')}</span>
        </div>
      </form>
    </div>
  );
}
