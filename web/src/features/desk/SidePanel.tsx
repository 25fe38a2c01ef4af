// What helps to answer: the task with its solution, the attempts, how the student does, and what curators know.
import { Button, Skeleton, Textarea } from '@mantine/core';
import {
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconHourglass,
  IconPencil,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { localeNames, locales } from '~/i18n/format';
import { Note } from '~/ui/Note';
import { RichText } from '~/ui/RichText';
import { Failed } from '~/ui/State';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { Waiting } from '~/ui/Waiting';
import { When } from '~/ui/When';
import type { DeskAttempt, DeskQuestion } from './contract';
import css from './Desk.module.css';
import { keepNote, refreshDesk } from './queries';
import type { DeskSearch } from './routes';
import { useQuestion } from './useQuestion';

type Props = { room: string; narrow: (to: DeskSearch) => void };

export function SidePanel({ room, narrow }: Props) {
  const { t } = useTranslation('desk');
  const question = useQuestion(room);
  if (question.isError && !question.data)
    return <Failed error={question.error} retry={() => void question.refetch()} />;
  return (
    <Waiting
      pending={question.isPending}
      skeleton={<Skeleton height={320} radius="md" />}
      label={t('panel.loading')}
    >
      {question.data && <Inside of={question.data} narrow={narrow} />}
    </Waiting>
  );
}

function Inside({ of, narrow }: { of: DeskQuestion; narrow: Props['narrow'] }) {
  const { t } = useTranslation('desk');
  const format = useFormat();
  const { task, lesson, course, student } = of;
  const language = locales.find((name) => name === student.locale);
  return (
    <div className={css.inside}>
      {(task || lesson || course) && (
        <section>
          <h3>
            <bdi>{task?.title ?? lesson?.title ?? course?.title}</bdi>
          </h3>
          {(task || lesson) && course && (
            <p className="small mut">
              <bdi>{course.title}</bdi>
            </p>
          )}
          {of.statement && (
            <Fold title={t('panel.statement')} opened>
              <RichText doc={of.statement} className={css.doc ?? ''} />
            </Fold>
          )}
          {of.solution && (
            <Fold title={t('panel.solution')}>
              <RichText doc={of.solution} className={css.doc ?? ''} />
            </Fold>
          )}
          {task && (
            <button
              type="button"
              className="link small"
              onClick={() => narrow({ task: task.id, ...(course ? { course: course.id } : {}) })}
            >
              {t('panel.sameTask')}
            </button>
          )}
        </section>
      )}
      {(task || of.attempts.length > 0) && (
        <section>
          <h3>{t('panel.attempts')}</h3>
          {of.attempts.length === 0 ? (
            <p className="small mut">{t('panel.noAttempts')}</p>
          ) : (
            <ol className={css.attempts}>
              {[...of.attempts]
                .sort((one, two) => two.no - one.no)
                .map((attempt) => (
                  <Attempt
                    key={attempt.no}
                    attempt={attempt}
                    older={of.version !== null && attempt.version < of.version}
                  />
                ))}
            </ol>
          )}
        </section>
      )}
      <section>
        <h3>{t('panel.student')}</h3>
        <dl className={css.facts}>
          {of.progress && (
            <Fact name={t('panel.progress')}>
              {t('panel.progressOf', {
                percent: format.percent(of.progress.percent),
                done: format.number(of.progress.done),
                total: format.number(of.progress.total),
              })}
            </Fact>
          )}
          <Fact name={t('panel.past')}>
            {of.past.n === 0
              ? t('panel.noPast')
              : t('panel.pastOf', { n: format.number(of.past.n), resolved: format.number(of.past.resolved) })}
          </Fact>
          <Fact name={t('panel.language')}>{language ? localeNames[language] : student.locale}</Fact>
        </dl>
        {course && (
          <Link
            to="/studio/courses/$courseId/students"
            params={{ courseId: course.id }}
            className="link small"
          >
            {t('panel.students')}
          </Link>
        )}
      </section>
      <Notes of={of} />
    </div>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>
      <bdi>{children}</bdi>
    </dd>
  </div>
);

function Fold({ title, opened = false, children }: { title: string; opened?: boolean; children: ReactNode }) {
  return (
    <details className={css.fold} open={opened}>
      <summary>{title}</summary>
      <div className={css.folded}>{children}</div>
    </details>
  );
}

const verdicts = {
  right: { icon: IconCircleCheck, tone: css.right },
  partial: { icon: IconCircleDashed, tone: css.partly },
  wrong: { icon: IconCircleX, tone: css.wrong },
  pending: { icon: IconHourglass, tone: css.partly },
} as const;
const isVerdict = (name: string): name is keyof typeof verdicts => name in verdicts;

function Attempt({ attempt, older }: { attempt: DeskAttempt; older: boolean }) {
  const { t } = useTranslation('desk');
  const verdict = isVerdict(attempt.verdict) ? attempt.verdict : 'pending';
  const { icon: Icon, tone } = verdicts[verdict];
  return (
    <li className={css.attempt}>
      <Icon size={18} stroke={1.75} className={tone} aria-hidden />
      <span className="grow">
        {t(`verdict.${verdict}`)}{' '}
        <span className="mut num">
          · <When at={attempt.at} as="near" />
          {older && <> · {t('panel.older')}</>}
        </span>
        {attempt.answer && (
          <span className={`small mut ${css.answer}`}>
            <bdi>{attempt.answer}</bdi>
          </span>
        )}
      </span>
    </li>
  );
}

/** What curators tell each other about this student in this course; the student does not see it. */
function Notes({ of }: { of: DeskQuestion }) {
  const { t } = useTranslation(['desk', 'common']);
  const errorText = useErrorText();
  const [text, setText] = useState<string | undefined>(undefined);
  const keep = useMutation({
    mutationFn: (words: string) => keepNote(of.course?.id ?? null, of.student.id, words),
    onSuccess: () => {
      setText(undefined);
      toast({ text: t('common:saved') });
      void refreshDesk();
    },
  });
  return (
    <section>
      <h3>{t('note.title')}</h3>
      {text === undefined ? (
        <>
          {of.note ? (
            <>
              <p className={`small ${css.note}`} dir="auto">
                {of.note.text}
              </p>
              <p className="micro mut">
                <bdi>{of.note.by}</bdi> · <When at={of.note.at} />
              </p>
            </>
          ) : (
            <p className="small mut">{t('note.none')}</p>
          )}
          <button
            type="button"
            className={`link small ${css.edit}`}
            onClick={() => setText(of.note?.text ?? '')}
          >
            <IconPencil size={16} stroke={1.75} aria-hidden />
            {of.note ? t('note.change') : t('note.write')}
          </button>
        </>
      ) : (
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (!keep.isPending) keep.mutate(text.trim());
          }}
        >
          <Textarea
            aria-label={t('note.title')}
            description={t('note.help')}
            value={text}
            maxLength={2000}
            minRows={3}
            autosize
            maxRows={10}
            autoFocus
            {...asTyped(text)}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {keep.isError && <Note tone="bad">{errorText(keep.error)}</Note>}
          <div className={css.actions}>
            <Button variant="default" size="xs" onClick={() => setText(undefined)}>
              {t('common:cancel')}
            </Button>
            <Button type="submit" size="xs" loading={keep.isPending}>
              {t('common:save')}
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}
