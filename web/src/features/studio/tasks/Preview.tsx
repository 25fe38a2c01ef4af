// The task as a student sees it, with a trial answer that the real checker judges: nothing of it is stored.
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AnswerField } from '~/features/tasks/AnswerField';
import { orderBody, startAnswer } from '~/features/tasks/answer';
import type { Answer, Body, StudioTask } from '~/features/tasks/contract';
import { TaskMark } from '~/features/tasks/TaskMark';
import { useHint } from '~/features/tasks/useHint';
import { Note } from '~/ui/Note';
import { RichText } from '~/ui/RichText';
import { Tag } from '~/ui/Status';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { tryAnswer } from './studioTasks';
import css from './TaskEditor.module.css';

/** Items to be put in order are edited in the right order, which no student is shown: here, too, in the order of their ids. */
function asShown({ kind, body }: Pick<StudioTask, 'kind' | 'body'>): Body {
  if (kind !== 'order') return body;
  const { items } = orderBody(body);
  return { items: [...items].sort((one, two) => (one.id < two.id ? -1 : 1)) };
}

export function Preview({ task }: { task: StudioTask }) {
  const { t } = useTranslation('taskEditor');
  const format = useFormat();
  const errorText = useErrorText();
  const hint = useHint();
  const [typed, setTyped] = useState<Answer | undefined>(undefined);
  // Options may have been taken away since.
  const shown = { kind: task.kind, body: asShown(task) };
  const answer = startAnswer(shown, typed);
  const check = useMutation({
    mutationFn: () => tryAnswer(task.kind, { body: task.body, key: task.key }, answer, format.locale),
  });
  const judged = check.data;
  return (
    <section className={css.preview} aria-label={t('preview')}>
      <div className={css.previewHead}>
        <h2 id="preview-title" className={css.small}>
          <bdi>{task.title || t('untitled')}</bdi>
        </h2>
        <Tag tone="grey">{t('pointsOf', { count: task.points, value: format.number(task.points) })}</Tag>
      </div>
      <RichText doc={task.statement} />
      {task.kind === 'file' ? (
        <p className="small mut">{t('fileNoTrial')}</p>
      ) : (
        <form
          className={css.trial}
          onSubmit={(event) => {
            event.preventDefault();
            check.mutate();
          }}
        >
          <h3 id="trial" className={css.small}>
            {t('trial')}
          </h3>
          <AnswerField
            task={{ id: task.id, courseId: task.course_id, ...shown }}
            answer={answer}
            change={(next) => {
              setTyped(next);
              check.reset();
            }}
            labelledBy="preview-title trial"
          />
          <div>
            <Button type="submit" size="xs" variant="light" loading={check.isPending}>
              {t('tryIt')}
            </Button>
          </div>
        </form>
      )}
      {check.isError && <Note tone="bad">{errorText(check.error)}</Note>}
      <div role="status">
        {judged && (
          <div className={css.judged} data-judged={judged.verdict}>
            {judged.verdict === 'invalid' ? (
              <p>
                <b>{t('unread')}</b> {hint(judged.hint)}
              </p>
            ) : (
              <>
                <TaskMark state={judged.verdict} word />
                {judged.verdict !== 'pending' && (
                  <span className="num">
                    {t('earned', {
                      value: format.number((judged.score.num / judged.score.den) * task.points, 2),
                      all: format.number(task.points),
                    })}
                  </span>
                )}
                {judged.read_as && (
                  <span className="mut">
                    {t('readAs')} <bdi>{judged.read_as}</bdi>
                  </span>
                )}
                {judged.feedback && <p dir="auto">{judged.feedback}</p>}
              </>
            )}
          </div>
        )}
      </div>
      {task.solution && (
        <details className={css.solution}>
          <summary>{t('solution')}</summary>
          <RichText doc={task.solution} />
        </details>
      )}
    </section>
  );
}
