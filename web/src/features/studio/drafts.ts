// The drafts of this page: one for the fields of a course, one for each lesson and module that was opened. They live outside the
// editors, so that going to another lesson or page loses nothing.

import { useEffect, useSyncExternalStore } from 'react';
import { api, body, type Schemas } from '~/api/client';
import { queryClient } from '~/app/queries';
import { createDraft, type Draft, type DraftStatus, type DraftView } from './draft';
import {
  courseBody,
  editCourse,
  type StudioCourse,
  type StudioLesson,
  type StudioModule,
  showCourse,
  showLesson,
  studioCourseQuery,
} from './queries';

/** What the editors change, as PATCH takes it; the document marks fields as required that are not. */
export type CourseFields = Pick<
  StudioCourse,
  | 'title'
  | 'subtitle'
  | 'description'
  | 'category_id'
  | 'language'
  | 'learn'
  | 'requirements'
  | 'price'
  | 'old_price'
  | 'access_days'
  | 'chat_after'
> & {
  level: NonNullable<StudioCourse['level']>;
  skill_ids: string[];
};
export type LessonFields = Pick<StudioLesson, 'title' | 'body' | 'homework' | 'free_preview'>;
export type ModuleFields = Pick<StudioModule, 'title' | 'homework' | 'opens_at'>;

type Any = Draft<object, unknown>;
const drafts = new Map<string, Any>();
const hearers = new Set<() => void>();
const tell = () => {
  for (const hear of hearers) hear();
};

const storage = (key: string) => `ilm.unsaved.${key}`;

function readLeft<F>(key: string): { fields: Partial<F>; version: number } | undefined {
  try {
    const left: unknown = JSON.parse(localStorage.getItem(storage(key)) ?? 'null');
    if (typeof left !== 'object' || left === null) return undefined;
    const { fields, version } = left as { fields?: Partial<F>; version?: number };
    return fields && typeof version === 'number' ? { fields, version } : undefined;
  } catch {
    return undefined;
  }
}

function keepLeft(key: string, left: object | undefined): void {
  try {
    if (left) localStorage.setItem(storage(key), JSON.stringify(left));
    else localStorage.removeItem(storage(key));
  } catch {
    // Without storage the page itself still keeps it.
  }
}

const common = {
  now: () => Date.now(),
  later: (work: () => void, milliseconds: number) => {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

function take<F extends object, E>(key: string, make: () => Draft<F, E>): Draft<F, E> {
  const known = drafts.get(key);
  if (known) return known as unknown as Draft<F, E>;
  const made = make();
  drafts.set(key, made as unknown as Any);
  made.listen(tell);
  queueMicrotask(tell);
  return made;
}

const etag = (version: number) => `"${version}"`;

export function courseDraft(course: StudioCourse): Draft<CourseFields, StudioCourse> {
  const { id } = course;
  const key = `course.${id}`;
  return take(key, () =>
    createDraft<CourseFields, StudioCourse>(course.version, readLeft(key), {
      ...common,
      save: (fields, version) =>
        courseBody(
          api.PATCH('/studio/courses/{id}', {
            params: { path: { id }, header: { 'If-Match': etag(version) } },
            body: fields as Schemas['CoursePatch'],
          }),
        ),
      versionOf: (entity) => entity.version,
      load: () => queryClient.fetchQuery({ ...studioCourseQuery(id), staleTime: 0 }),
      show: showCourse,
      keep: (left) => keepLeft(key, left),
    }),
  );
}

export function lessonDraft(courseId: string, lesson: StudioLesson): Draft<LessonFields, StudioLesson> {
  const { id } = lesson;
  const key = `lesson.${id}`;
  return take(key, () =>
    createDraft<LessonFields, StudioLesson>(lesson.version, readLeft(key), {
      ...common,
      save: (fields, version) =>
        body(
          api.PATCH('/studio/lessons/{id}', {
            params: { path: { id }, header: { 'If-Match': etag(version) } },
            body: fields as Schemas['LessonPatch'],
          }),
        ),
      versionOf: (entity) => entity.version,
      load: async () => {
        const course = await queryClient.fetchQuery({ ...studioCourseQuery(courseId), staleTime: 0 });
        const found = course.modules.flatMap((module) => module.lessons).find((item) => item.id === id);
        return found ?? lesson;
      },
      show: (entity) => showLesson(courseId, entity),
      keep: (left) => keepLeft(key, left),
    }),
  );
}

/** Modules have no versions: the last word counts. */
const UNVERSIONED = 0;

export function moduleDraft(courseId: string, { id }: StudioModule): Draft<ModuleFields, ModuleFields> {
  const key = `module.${id}`;
  return take(key, () =>
    createDraft<ModuleFields, ModuleFields>(UNVERSIONED, readLeft(key), {
      ...common,
      save: (fields) =>
        body(
          api.PATCH('/studio/modules/{id}', {
            params: { path: { id } },
            body: fields as Schemas['ModulePatch'],
          }),
        ),
      versionOf: () => UNVERSIONED,
      load: async () => {
        const course = await queryClient.fetchQuery({ ...studioCourseQuery(courseId), staleTime: 0 });
        const found = course.modules.find((module) => module.id === id);
        return {
          title: found?.title ?? '',
          homework: found?.homework ?? null,
          opens_at: found?.opens_at ?? null,
        };
      },
      show: ({ title, homework, opens_at }) =>
        editCourse(courseId, (course) => ({
          ...course,
          modules: course.modules.map((module) =>
            module.id === id ? { ...module, title, homework, opens_at } : module,
          ),
        })),
      keep: (left) => keepLeft(key, left),
    }),
  );
}

export const useDraft = <F extends object, E>(draft: Draft<F, E>): DraftView<F> =>
  useSyncExternalStore(draft.listen, draft.view);

/** Tells a draft of versions that the page has learnt of in other ways. */
export function useVersion<F extends object, E>(draft: Draft<F, E>, version: number): void {
  useEffect(() => draft.seen(version), [draft, version]);
}

/** A lesson or module that was deleted has nothing left to save. */
export function dropDraft(kind: 'course' | 'module' | 'lesson', id: string): void {
  drafts.delete(`${kind}.${id}`);
  keepLeft(`${kind}.${id}`, undefined);
  tell();
}

function listen(hear: () => void): () => void {
  hearers.add(hear);
  return () => hearers.delete(hear);
}

const worst: DraftStatus[] = ['saved', 'saving', 'waiting', 'offline', 'refused', 'conflict'];

type Sum = { status: DraftStatus; savedAt: number | undefined };
let sum: Sum = { status: 'saved', savedAt: undefined };

/** The worst state of all drafts, and when something was saved last. */
function summary(): Sum {
  let status: DraftStatus = 'saved';
  let savedAt: number | undefined;
  for (const [, draft] of drafts) {
    const view = draft.view();
    if (worst.indexOf(view.status) > worst.indexOf(status)) status = view.status;
    if (view.savedAt && view.savedAt > (savedAt ?? 0)) savedAt = view.savedAt;
  }
  if (sum.status !== status || sum.savedAt !== savedAt) sum = { status, savedAt };
  return sum;
}

export function useSaving(): Sum {
  return useSyncExternalStore(listen, summary);
}

/** Sends everything that waits: before publishing, and when the page is left. */
export async function flushDrafts(): Promise<void> {
  await Promise.all([...drafts.values()].map((draft) => draft.flush()));
}

addEventListener('online', () => {
  for (const [, draft] of drafts) draft.retry();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') void flushDrafts();
});
addEventListener('beforeunload', (event) => {
  // It is kept in this browser in any case; the question is for what another device would not see.
  const stuck = [...drafts.values()].some((draft) => ['offline', 'refused'].includes(draft.view().status));
  if (stuck) event.preventDefault();
});
