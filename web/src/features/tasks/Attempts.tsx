// What was answered so far, the newest first: verdict, time, the answer, how it was read, what the grader said.
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import { When } from '~/ui/When';
import { AnswerShown } from './AnswerShown';
import type { Task } from './contract';
import { ReadAs } from './ReadAs';
import css from './Task.module.css';
import { TaskMark } from './TaskMark';

export function Attempts({ task }: { task: Task }) {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  const attempts = [...task.attempts].sort((one, two) => two.no - one.no);
  return (
    <section className={css.attempts} aria-labelledby="attempts">
      <div className={css.sectionHead}>
        <h2 id="attempts" className={css.h3}>
          {t('attempts')}
        </h2>
        {task.tries > 0 && (
          <span className="small mut">
            {t('tries', { count: task.tries, value: format.number(task.tries) })}
            {' · '}
            {t(task.chat === 'open' ? 'chatOpen' : 'chatClosed')}
          </span>
        )}
      </div>
      {attempts.length === 0 ? (
        <p className="small mut">{t('noAttempts')}</p>
      ) : (
        <ol>
          {attempts.map((attempt) => (
            <li key={attempt.id} className={css.attempt}>
              <TaskMark state={attempt.verdict} />
              <div className="grow">
                <p>
                  <b aria-hidden>{t(`state.${attempt.verdict}`)}</b>{' '}
                  <span className="mut num">
                    {'· '}
                    {t('attemptNo', { value: format.number(attempt.no) })}
                    {' · '}
                    <When at={attempt.created_at} />
                    {attempt.points > 0 && attempt.verdict !== 'pending' && (
                      <>
                        {' · '}
                        {t('points', { count: attempt.points, value: format.number(attempt.points, 2) })}
                      </>
                    )}
                  </span>
                </p>
                <div className={css.answered}>
                  <AnswerShown
                    kind={task.kind}
                    body={task.body}
                    answer={attempt.answer}
                    parts={attempt.parts}
                    files={attempt.files}
                  />
                </div>
                <ReadAs attempt={attempt} className="meta mut" />
                {attempt.version !== task.version && <p className="meta mut">{t('olderVersion')}</p>}
                {attempt.regraded && (
                  <p className="small" data-regraded>
                    {t('regraded', {
                      at: format.dateTime(attempt.regraded.at),
                      verdict: t(`state.${attempt.regraded.verdict}`),
                      points: t('points', {
                        count: attempt.regraded.points,
                        value: format.number(attempt.regraded.points, 2),
                      }),
                    })}
                  </p>
                )}
                {attempt.feedback && (
                  <p dir="auto" className="small">
                    {attempt.feedback}
                  </p>
                )}
                {attempt.comment && (
                  <blockquote className={css.comment}>
                    <span className="meta mut">{t('graderSays')}</span>
                    <p dir="auto">{attempt.comment}</p>
                  </blockquote>
                )}
              </div>
            </li>
          ))}
        </ol>
      )}
      {attempts.length > 0 && task.tries > attempts.length && (
        <p className="meta mut">{t('lastAttempts', { value: format.number(attempts.length) })}</p>
      )}
    </section>
  );
}
