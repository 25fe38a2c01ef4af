// A task while it is edited: what was typed is kept in this browser until it is saved, and a save that meets somebody
// else's asks which one is to stay.
import { useMutation } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { isApiError } from '~/api/error';
import { queryClient } from '~/app/queries';
import type { StudioTask } from '~/features/tasks/contract';
import { saveTask, showTask, studioTaskQuery, type TaskFields } from './studioTasks';

type Left = { version: number; fields: Partial<TaskFields> };

const key = (id: string) => `ilm.unsaved.task.${id}`;

function readLeft(id: string): Left | undefined {
  try {
    const left = JSON.parse(localStorage.getItem(key(id)) ?? 'null') as Left | null;
    return left && typeof left.version === 'number' && left.fields ? left : undefined;
  } catch {
    return undefined;
  }
}

function keepLeft(id: string, left: Left | undefined): void {
  try {
    if (left) localStorage.setItem(key(id), JSON.stringify(left));
    else localStorage.removeItem(key(id));
  } catch {
    // Without storage it lives as long as the page.
  }
}

const fieldsOf = (task: StudioTask): TaskFields => ({
  title: task.title,
  points: task.points,
  required: task.required,
  chat_after: task.chat_after,
  statement: task.statement,
  body: task.body,
  key: task.key,
  solution: task.solution,
  solution_rule: task.solution_rule,
});

export function useTaskDraft(task: StudioTask) {
  const [left] = useState(() => readLeft(task.id));
  const [unsaved, setUnsaved] = useState<Partial<TaskFields>>(left?.fields ?? {});
  /** The version that the changes were made against. */
  const [base, setBase] = useState(left?.version ?? task.version);
  const [note, setNote] = useState('');
  const [conflict, setConflict] = useState(left !== undefined && left.version !== task.version);
  const value = useMemo<StudioTask>(() => ({ ...task, ...unsaved }), [task, unsaved]);
  const dirty = Object.keys(unsaved).length > 0;
  // Somebody else's version came while nothing was typed here.
  if (!dirty && base !== task.version) setBase(task.version);

  useEffect(
    () => keepLeft(task.id, dirty ? { version: base, fields: unsaved } : undefined),
    [task.id, base, unsaved, dirty],
  );
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [dirty]);

  const edit = useCallback((part: Partial<TaskFields>) => setUnsaved((old) => ({ ...old, ...part })), []);

  const send = async (version: number, entity: StudioTask) => {
    const sent = unsaved;
    const saved = await saveTask(task.id, version, { ...fieldsOf(entity), ...sent }, note.trim() || null);
    showTask(saved);
    setBase(saved.version);
    setConflict(false);
    setNote('');
    // What was typed while it was on its way is still to be saved.
    setUnsaved((now) =>
      Object.fromEntries(
        Object.entries(now).filter(([name, part]) => part !== sent[name as keyof TaskFields]),
      ),
    );
  };
  const save = useMutation({
    mutationFn: () => send(base, task),
    onError: (error) => {
      if (isApiError(error) && (error.status === 412 || error.code === 'task_changed')) setConflict(true);
    },
  });
  const load = () => queryClient.fetchQuery({ ...studioTaskQuery(task.id), staleTime: 0 });

  return {
    value,
    dirty,
    edit,
    note,
    setNote,
    save: () => {
      if (!save.isPending) save.mutate();
    },
    saving: save.isPending,
    saved: save.isSuccess && !dirty,
    error: conflict ? null : save.error,
    conflict,
    keepMine: async () => {
      const theirs = await load();
      try {
        await send(theirs.version, theirs);
      } catch (error) {
        // It is refused for what it holds: the fields say so, and the version is known now.
        setBase(theirs.version);
        throw error;
      }
    },
    takeTheirs: async () => {
      const theirs = await load();
      setUnsaved({});
      setBase(theirs.version);
      setConflict(false);
    },
    drop: () => setUnsaved({}),
  };
}

export type TaskDraft = ReturnType<typeof useTaskDraft>;
