// A lesson: name, video, text, free preview, homework, tasks, files. What is typed saves itself.
import { Button, Skeleton, Switch, Textarea, TextInput } from '@mantine/core';
import { IconEye, IconSend } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { Status } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { Conflict } from './Conflict';
import { lessonDraft, useDraft, useVersion } from './drafts';
import { FilesPart } from './FilesPart';
import { refreshCourse, type StudioCourse, type StudioLesson, showLesson } from './queries';
import { TaskList } from './tasks/TaskList';
import { useFault } from './useFault';
import { VideoPart } from './VideoPart';

const RichEditor = lazy(() => import('./RichEditor').then((file) => ({ default: file.RichEditor })));

export function LessonEditor({ course, lesson }: { course: StudioCourse; lesson: StudioLesson }) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const errorText = useErrorText();
  const draft = lessonDraft(course.id, lesson);
  const { unsaved, status, error } = useDraft(draft);
  useVersion(draft, lesson.version);
  const value = { ...lesson, ...unsaved };
  const place = course.modules.findIndex((module) => module.id === lesson.module_id) + 1;
  const inside = course.modules[place - 1]?.lessons.findIndex((item) => item.id === lesson.id) ?? 0;
  const fieldError = useFault(status, error);
  const otherError =
    status === 'refused' && !['title', 'body', 'homework'].some(fieldError) ? errorText(error) : undefined;
  return (
    <section className={css.editor} aria-label={t('lessonHead', { number: `${place}.${inside + 1}` })}>
      <div className={css.editorHead}>
        <h2>{t('lessonHead', { number: `${format.number(place)}.${format.number(inside + 1)}` })}</h2>
        <Status of="lesson" state={lesson.state} />
        <span className="grow" />
        <LinkButton
          size="xs"
          variant="default"
          to="/learn/$courseId/$lessonId"
          params={{ courseId: course.id, lessonId: lesson.id }}
          leftSection={<IconEye size={18} stroke={1.75} aria-hidden />}
        >
          {t('asStudent')}
        </LinkButton>
      </div>
      <TextInput
        label={t('lessonTitle')}
        value={value.title}
        maxLength={200}
        {...asTyped(value.title)}
        error={fieldError('title') ?? (value.title?.trim() ? undefined : t('titleMissing'))}
        onChange={(event) => draft.set({ title: event.currentTarget.value })}
      />
      {lesson.kind === 'video' && <VideoPart course={course} lesson={lesson} />}
      <Suspense fallback={<Skeleton height={200} radius="md" />}>
        <RichEditor
          id="field-body"
          label={lesson.kind === 'video' ? t('textUnder') : t('lessonText')}
          doc={value.body ?? null}
          error={fieldError('body')}
          change={(doc) => draft.set({ body: doc })}
        />
      </Suspense>
      {lesson.kind === 'text' && <Submit course={course} lesson={lesson} flush={draft.flush} />}
      <Switch
        label={t('freePreview')}
        description={t('freePreviewHelp')}
        checked={value.free_preview ?? false}
        onChange={(event) => draft.set({ free_preview: event.currentTarget.checked })}
      />
      <Textarea
        label={t('homework')}
        description={t('homeworkHelp')}
        value={value.homework ?? ''}
        autosize
        minRows={2}
        maxLength={10_000}
        {...asTyped(value.homework)}
        error={fieldError('homework')}
        onChange={(event) => draft.set({ homework: event.currentTarget.value || null })}
      />
      {otherError && <Note tone="bad">{otherError}</Note>}
      <FilesPart course={course} lesson={lesson} />
      <TaskList course={course} module={lesson.module_id} lesson={lesson.id} />
      {status === 'conflict' && <Conflict draft={draft} what={lesson.title} />}
    </section>
  );
}

/** A text is ready when its author says so. */
function Submit({
  course,
  lesson,
  flush,
}: {
  course: StudioCourse;
  lesson: StudioLesson;
  flush: () => Promise<void>;
}) {
  const { t } = useTranslation('studio');
  const errorText = useErrorText();
  const submit = useMutation({
    mutationFn: async () => {
      await flush();
      return body(api.POST('/studio/lessons/{id}/submit', { params: { path: { id: lesson.id } } }));
    },
    onSuccess: (fresh) => {
      showLesson(course.id, fresh);
      void refreshCourse(course.id);
      toast({ text: t('textReady') });
    },
  });
  if (lesson.state === 'done') return <Note tone="ok">{t('textDone')}</Note>;
  return (
    <div className={css.stack}>
      <div>
        <Button
          variant="light"
          loading={submit.isPending}
          leftSection={<IconSend size={18} stroke={1.75} className="flip" aria-hidden />}
          onClick={() => submit.mutate()}
        >
          {t('submitText')}
        </Button>
      </div>
      {submit.isError && <Note tone="bad">{errorText(submit.error)}</Note>}
    </div>
  );
}
