// `/studio/tasks/<task>`: the source of a task with its preview beside it and its versions. For the author of the course,
// and for those who look after all courses (CRS-39).
import { Button, SegmentedControl, Skeleton, TextInput } from '@mantine/core';
import { IconChevronRight, IconDeviceFloppy, IconEye, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useSession } from '~/features/identity/session';
import type { StudioTask } from '~/features/tasks/contract';
import { isStaff } from '~/features/tasks/staff';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { Failed, SignInFirst, State } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { When } from '~/ui/When';
import { Conflict } from '../Conflict';
import { Preview } from './Preview';
import { studioTaskQuery } from './studioTasks';
import css from './TaskEditor.module.css';
import { TaskForm } from './TaskForm';
import { useTaskDraft } from './useTaskDraft';
import { Versions } from './Versions';

const route = getRouteApi('/studio/tasks/$taskId');

export function TaskEditorPage() {
  const { taskId } = route.useParams();
  const { t } = useTranslation('taskEditor');
  const { state } = useSession();
  const task = useQuery({ ...studioTaskQuery(taskId), enabled: state === 'user' });
  useTitle(task.data?.title);
  if (state === 'guest') return <SignInFirst page />;
  if (task.data) return <Editor key={task.data.id} task={task.data} />;
  if (task.isError) {
    return isApiError(task.error) && task.error.status === 403 ? (
      <State page icon={<IconLock size={28} stroke={1.5} />} title={t('forbidden')}>
        {t('forbiddenText')}
      </State>
    ) : (
      <Failed page error={task.error} retry={() => void task.refetch()} />
    );
  }
  return <Bones />;
}

function Editor({ task }: { task: StudioTask }) {
  const { t } = useTranslation('taskEditor');
  const format = useFormat();
  const errorText = useErrorText();
  const draft = useTaskDraft(task);
  const [side, setSide] = useState<'preview' | 'versions'>('preview');
  const keys = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
      event.preventDefault();
      if (draft.dirty) draft.save();
    }
  };
  const failed = draft.error;
  const known = isApiError(failed) && failed.fields.length > 0;
  useEffect(() => {
    if (!known) return;
    // To the first place that is at fault.
    document.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"]')?.scrollIntoView({
      block: 'center',
    });
  }, [known]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only the keys for saving are caught here.
    <div className={css.page} onKeyDown={keys}>
      <header className={css.head}>
        <div className="grow">
          <p className={css.crumbs}>
            <Way task={task} />
            <IconChevronRight size={14} stroke={1.75} className="flip mut" aria-hidden />
            <Tag tone="grey">{t(`kind.${task.kind}`)}</Tag>
            <span className="mut">
              {t('version', { value: format.number(task.version) })}
              {' · '}
              <bdi>{task.edited_by.name}</bdi>
              {' · '}
              <When at={task.edited_at} />
            </span>
          </p>
          <h1 className="work">
            <bdi>{draft.value.title || t('untitled')}</bdi>
          </h1>
        </div>
        <LinkButton
          variant="default"
          to="/learn/$courseId/tasks/$taskId"
          params={{ courseId: task.course_id, taskId: task.id }}
          leftSection={<IconEye size={18} stroke={1.75} aria-hidden />}
        >
          {t('asStudent')}
        </LinkButton>
      </header>
      <div className={css.work}>
        <div>
          {task.drafted && <Note>{t('draftedText')}</Note>}
          <TaskForm draft={draft} />
          {failed && <Note tone="bad">{known ? t('refused') : errorText(failed)}</Note>}
        </div>
        <aside className={css.side}>
          <SegmentedControl
            className={css.fit ?? ''}
            aria-label={t('side')}
            value={side}
            onChange={(to) => setSide(to === 'versions' ? 'versions' : 'preview')}
            data={[
              { value: 'preview', label: t('preview') },
              { value: 'versions', label: t('versions') },
            ]}
          />
          {side === 'preview' ? <Preview task={draft.value} /> : <Versions task={task} />}
        </aside>
      </div>
      <form
        className={css.bar}
        data-dirty={draft.dirty || undefined}
        onSubmit={(event) => {
          event.preventDefault();
          if (draft.dirty) draft.save();
        }}
      >
        <span className={css.state} role="status">
          {draft.dirty ? t('unsaved') : draft.saved ? t('saved') : ''}
        </span>
        {draft.dirty && (
          <>
            <TextInput
              className={css.noteField ?? ''}
              aria-label={t('note')}
              placeholder={t('note')}
              value={draft.note}
              maxLength={500}
              {...asTyped(draft.note)}
              onChange={(event) => draft.setNote(event.currentTarget.value)}
            />
            <Button variant="subtle" color="gray" onClick={draft.drop}>
              {t('drop')}
            </Button>
            <Button
              type="submit"
              loading={draft.saving}
              leftSection={<IconDeviceFloppy size={18} stroke={1.75} aria-hidden />}
            >
              {t('save')}
            </Button>
          </>
        )}
      </form>
      {draft.conflict && <Conflict draft={draft} what={task.title} />}
    </div>
  );
}

/** Back to where the task stands: the builder for its author, the topic's page for whoever looks after all courses. */
function Way({ task }: { task: StudioTask }) {
  const { t } = useTranslation('taskEditor');
  const { me } = useSession();
  if (isStaff(me?.roles)) {
    return (
      <Link
        to="/learn/$courseId/topics/$topicId"
        params={{ courseId: task.course_id, topicId: task.module_id }}
        className="mut"
      >
        {t('theTopic')}
      </Link>
    );
  }
  return (
    <Link
      to="/studio/courses/$courseId"
      params={{ courseId: task.course_id }}
      search={
        task.lesson_id
          ? { tab: 'programme', lesson: task.lesson_id }
          : { tab: 'programme', module: task.module_id }
      }
      className="mut"
    >
      {task.lesson_id ? t('toLesson') : t('toTopic')}
    </Link>
  );
}

function Bones() {
  const { t } = useTranslation();
  return (
    <div className={css.page} aria-busy="true">
      <span className="hidden" role="status">
        {t('loading')}
      </span>
      <div aria-hidden>
        <Skeleton height={20} width={200} radius="sm" />
        <Skeleton height={30} mt={6} width="40%" radius="sm" />
        <Skeleton height={44} mt={28} maw={640} radius="md" />
        <Skeleton height={240} mt={20} maw={640} radius="md" />
      </div>
    </div>
  );
}
