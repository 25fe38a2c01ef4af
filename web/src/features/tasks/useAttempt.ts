// An answer from the first key to the verdict: the draft that is saved meanwhile, the one key a press of the button has,
// the wait that guessing costs.
import { useMutation } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { intentKey } from '~/api/client';
import { isApiError } from '~/api/error';
import { queryClient } from '~/app/queries';
import { useSession } from '~/features/identity/session';
import { type Lack, lackOf, sameAnswer, startAnswer } from './answer';
import type { Answer, Submitted, Task } from './contract';
import { keepFiles } from './files';
import { type Handed, saveDraft, showSubmitted, submit, taskQuery } from './queries';
import { createSaver } from './saver';
import { forgetUnsaved, keepUnsaved, readUnsaved } from './unsaved';

const SPENT_MOST = 24 * 3_600_000;

/** What the field begins with: the draft, else the last answer, so that it can be mended. */
const startOf = (task: Task, unsaved: Answer | undefined): Answer => {
  const last = [...task.attempts].sort((one, two) => two.no - one.no)[0];
  return startAnswer(task, unsaved ?? task.draft ?? (task.kind === 'file' ? undefined : last?.answer));
};

/** What this browser still has to save: not what was typed before the last answer was handed in. */
function unsavedOf(user: string, task: Task): Answer | undefined {
  const found = readUnsaved(user, task.id);
  const since = Math.max(0, ...task.attempts.map(({ created_at }) => Date.parse(created_at)));
  return found && found.at > since ? found.answer : undefined;
}

export function useAttempt(task: Task) {
  const user = useSession().me?.id ?? '';
  const [unsaved] = useState(() => unsavedOf(user, task));
  const [answer, setAnswer] = useState(() => startOf(task, unsaved));
  const [moved, setMoved] = useState((task.draft !== null || unsaved !== undefined) && task.kind === 'order');
  const [lack, setLack] = useState<Lack | undefined>(undefined);
  const [result, setResult] = useState<Submitted | undefined>(undefined);
  const [version, setVersion] = useState(task.version);
  const [changed, setChanged] = useState(false);
  const began = useRef(performance.now());
  /** What was sent without an answer from the server: pressed again, it is the same submission. */
  const sent = useRef<Handed | undefined>(undefined);

  const saver = useMemo(
    () =>
      createSaver<Answer>({
        save: async (value) => {
          await saveDraft(task.id, value, document.visibilityState === 'hidden');
          if (sameAnswer(readUnsaved(user, task.id)?.answer, value)) forgetUnsaved(user, task.id);
        },
        now: () => Date.now(),
        later: (work, milliseconds) => {
          const timer = setTimeout(work, milliseconds);
          return () => clearTimeout(timer);
        },
      }),
    [task.id, user],
  );
  useEffect(() => {
    if (unsaved !== undefined) saver.set(unsaved);
  }, [saver, unsaved]);
  useEffect(() => {
    const leave = () => {
      if (document.visibilityState === 'hidden') void saver.flush();
    };
    document.addEventListener('visibilitychange', leave);
    return () => {
      document.removeEventListener('visibilitychange', leave);
      void saver.flush();
    };
  }, [saver]);

  // Another version has come: the options may be others.
  if (version !== task.version) {
    setVersion(task.version);
    setAnswer(startAnswer(task, answer));
    setChanged(true);
    setResult(undefined);
  }

  const change = useCallback(
    (next: Answer) => {
      setAnswer(next);
      setMoved(true);
      setLack(undefined);
      keepUnsaved(user, task.id, next);
      saver.set(next);
    },
    [saver, user, task.id],
  );

  const latest = useRef(answer);
  latest.current = answer;
  const hand = useMutation({
    mutationFn: (handed: Handed) => submit(task.id, handed),
    onSuccess: (done, handed) => {
      sent.current = undefined;
      began.current = performance.now();
      saver.drop();
      forgetUnsaved(user, task.id);
      // What was typed on while it was on its way is still to be saved.
      if (task.kind !== 'file' && !sameAnswer(latest.current, handed.answer)) change(latest.current);
      setResult(done);
      setChanged(false);
      if (task.kind === 'order') setMoved(false);
      if (task.kind === 'file') {
        keepFiles(task.id, []);
        setAnswer(startAnswer(task));
      }
      showSubmitted(task, done);
    },
    onError: (error) => {
      // Only an answer that never came may have been taken all the same.
      if (!isApiError(error) || (error.status !== 0 && error.status < 500)) sent.current = undefined;
      if (isApiError(error) && (error.code === 'task_changed' || error.status === 429)) {
        void queryClient.invalidateQueries({ queryKey: taskQuery(task.id).queryKey, exact: true });
      }
    },
  });

  const send = () => {
    if (hand.isPending) return;
    const missing = lackOf(task, answer, moved);
    setLack(missing);
    if (missing) return;
    setResult(undefined);
    const known = sent.current;
    const handed: Handed =
      known && known.version === task.version && sameAnswer(known.answer, answer)
        ? known
        : {
            client_key: intentKey(),
            version: task.version,
            answer,
            spent_ms: Math.round(Math.min(SPENT_MOST, performance.now() - began.current)),
          };
    sent.current = handed;
    hand.mutate(handed);
  };

  return {
    answer,
    change,
    left: () => void saver.flush(),
    lack,
    send,
    sending: hand.isPending,
    error: hand.error,
    result,
    /** The task was changed by its author while it stood open here. */
    changed,
    draft: useSyncExternalStore(saver.listen, saver.view),
  };
}

/** Seconds left of a wait that the server has named, counted down. `from`: when it was named. */
export function useWait(seconds: number, from: number): number {
  const until = from + seconds * 1000;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (seconds <= 0) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [seconds]);
  return seconds <= 0 ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}
