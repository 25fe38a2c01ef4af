// The worked solution: shown on demand once it is open; before that, when it will be.
import { Button, Skeleton } from '@mantine/core';
import { IconBulb, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { queryClient } from '~/app/queries';
import { RichText } from '~/ui/RichText';
import { Failed } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { useOpening } from './Closed';
import type { SolutionRule, Task } from './contract';
import { solutionQuery, taskQuery } from './queries';
import css from './Task.module.css';

/** When a solution opens, in words: its parts are alternatives. */
export function useSolutionRule() {
  const { t } = useTranslation('tasks');
  const format = useFormat();
  return (rule: SolutionRule, wrong: number): string => {
    const left = rule.after_wrong === null ? 0 : Math.max(1, rule.after_wrong - wrong);
    const ways = [
      rule.after_right ? t('solution.afterRight') : undefined,
      rule.after_wrong === null
        ? undefined
        : t('solution.afterWrong', { count: left, value: format.number(left) }),
      rule.after ? t('solution.after', { at: format.dateTime(rule.after) }) : undefined,
    ].filter((way) => way !== undefined);
    return ways.length > 0
      ? t('solution.opens', { ways: ways.join(t('solution.orJoin')) })
      : t('solution.never');
  };
}

export function Solution({ task }: { task: Task }) {
  const { t } = useTranslation('tasks');
  const [asked, setAsked] = useState(false);
  const rule = useSolutionRule();
  const { state } = task.solution;
  // What opens at a time is there without a reload.
  useOpening(state === 'closed' ? task.solution.rule.after : null, () => {
    void queryClient.invalidateQueries({ queryKey: taskQuery(task.id).queryKey, exact: true });
  });
  const solution = useQuery({ ...solutionQuery(task.id, task.tries), enabled: asked && state === 'open' });
  if (state === 'none') return null;
  if (state === 'closed') {
    return (
      <p className={css.line}>
        <IconLock size={16} stroke={1.75} aria-hidden />
        {rule(task.solution.rule, task.wrong)}
      </p>
    );
  }
  return (
    <section className={css.solution} aria-labelledby="solution">
      <h2 id="solution" className={css.h3}>
        <IconBulb size={20} stroke={1.75} aria-hidden />
        {t('solution.title')}
      </h2>
      {!asked && (
        <div>
          {task.state !== 'right' && <p className="small mut">{t('solution.before')}</p>}
          <Button variant="default" size="xs" onClick={() => setAsked(true)}>
            {t('solution.show')}
          </Button>
        </div>
      )}
      {asked && solution.isPending && <Skeleton height={96} radius="md" />}
      {asked && solution.isError && <Failed error={solution.error} retry={() => void solution.refetch()} />}
      {asked && solution.data && <RichText doc={solution.data.solution} />}
    </section>
  );
}
