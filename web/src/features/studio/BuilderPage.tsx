// `/studio/courses/<id>`: the builder of one course. Programme, description, price; what is missing; publishing.
import { Button, Menu, Modal } from '@mantine/core';
import {
  IconAlertTriangle,
  IconChevronRight,
  IconCloudCheck,
  IconCloudOff,
  IconCloudUp,
  IconDots,
  IconEye,
  IconTrash,
  IconUsers,
  IconWorldOff,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '~/api/client';
import { isApiError } from '~/api/error';
import { queryClient } from '~/app/queries';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { useSession } from '~/features/identity/session';
import { openUploads } from '~/features/video/uploads/manager';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { Failed, SignInFirst } from '~/ui/State';
import { Status } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import css from './Builder.module.css';
import { Conflict } from './Conflict';
import { DescriptionTab } from './DescriptionTab';
import { courseDraft, flushDrafts, useDraft, useSaving, useVersion } from './drafts';
import { Missing } from './Missing';
import { PriceTab } from './PriceTab';
import { ProgrammeTab } from './ProgrammeTab';
import {
  courseBody,
  refreshCourse,
  type StudioCourse,
  showCourse,
  studioCourseQuery,
  studioCoursesQuery,
} from './queries';
import { type BuilderTab, builderTabs } from './routes';
import { useJobs } from './useJobs';

const route = getRouteApi('/studio/courses/$courseId');

export function BuilderPage() {
  const { courseId } = route.useParams();
  const { state, me } = useSession();
  const course = useQuery({ ...studioCourseQuery(courseId), enabled: state === 'user' });
  useTitle(course.data?.title);
  const user = me?.id;
  useEffect(() => {
    if (user) void openUploads(user);
  }, [user]);
  if (state === 'guest') return <SignInFirst page />;
  if (course.data) return <Builder key={courseId} course={course.data} />;
  if (course.isError) return <Failed page error={course.error} retry={() => void course.refetch()} />;
  return <Bones />;
}

function Builder({ course }: { course: StudioCourse }) {
  const { t } = useTranslation(['studio', 'uploads']);
  const { tab = 'programme', field } = route.useSearch();
  const draft = courseDraft(course);
  const { unsaved, status } = useDraft(draft);
  useVersion(draft, course.version);
  useJobs(course);
  useJump(field);
  const title = unsaved.title ?? course.title;
  return (
    <div className={css.page}>
      <header className={css.head}>
        <div className="grow">
          <p className={css.crumbs}>
            <Link to="/studio" className="mut">
              {t('title')}
            </Link>
            <IconChevronRight size={14} stroke={1.75} className="flip mut" aria-hidden />
            <Status of="course" state={course.state} />
            <Saving />
          </p>
          <h1 className={`work ${css.title}`}>
            {title ? <CourseTitle course={{ ...course, ...unsaved, title }} /> : t('untitled')}
          </h1>
        </div>
        <Actions course={course} />
      </header>
      <Tabs tab={tab} />
      <Missing course={course} />
      <div role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        {tab === 'programme' && <ProgrammeTab course={course} />}
        {tab === 'description' && <DescriptionTab course={course} />}
        {tab === 'price' && <PriceTab course={course} />}
      </div>
      {status === 'conflict' && <Conflict draft={draft} what={t('conflictCourse')} />}
    </div>
  );
}

/** "What is missing" leads to a field: it is scrolled to and takes the focus. */
function useJump(field: string | undefined) {
  const navigate = useNavigate();
  useEffect(() => {
    if (!field) return;
    let tries = 0;
    const timer = setInterval(() => {
      const place = document.getElementById(`field-${field}`);
      if (!place && tries++ < 20) return;
      clearInterval(timer);
      place?.scrollIntoView({ block: 'center' });
      const target = place?.matches('input,textarea,button,[contenteditable]')
        ? place
        : place?.querySelector<HTMLElement>('input,textarea,button,[contenteditable="true"]');
      target?.focus({ preventScroll: true });
      void navigate({
        to: '.',
        search: ({ field: _done, ...rest }: Record<string, unknown>) => rest,
        replace: true,
        resetScroll: false,
      });
    }, 50);
    return () => clearInterval(timer);
  }, [field, navigate]);
}

function Saving() {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const { status, savedAt } = useSaving();
  const icon = { size: 16, stroke: 1.75, 'aria-hidden': true } as const;
  if (status === 'saved' && savedAt === undefined) return null;
  return (
    <span className={css.saving} role="status" data-saving={status}>
      {status === 'saved' && savedAt !== undefined ? (
        <>
          <IconCloudCheck {...icon} />
          {t('savedAt', { time: format.time(new Date(savedAt)) })}
        </>
      ) : status === 'offline' ? (
        <>
          <IconCloudOff {...icon} />
          {t('saveOffline')}
        </>
      ) : status === 'refused' || status === 'conflict' ? (
        <span className={css.bad}>
          <IconAlertTriangle {...icon} />
          {status === 'conflict' ? t('saveConflict') : t('saveRefused')}
        </span>
      ) : (
        <>
          <IconCloudUp {...icon} />
          {t('saving')}
        </>
      )}
    </span>
  );
}

function Actions({ course }: { course: StudioCourse }) {
  const { t } = useTranslation(['studio', 'common']);
  const navigate = useNavigate();
  const errorText = useErrorText();
  const [asking, setAsking] = useState<'unpublish' | 'delete' | undefined>(undefined);
  const path = { params: { path: { id: course.id } } };
  const publish = useMutation({
    mutationFn: async () => {
      await flushDrafts();
      return courseBody(api.POST('/studio/courses/{id}/publish', path));
    },
    onSuccess: (fresh) => {
      showCourse(fresh);
      toast({ text: t('published') });
    },
    onError: (error) => {
      // What is missing stands above the programme with a way to each place.
      if (isApiError(error) && error.code === 'course_incomplete') {
        void refreshCourse(course.id).then(() => document.getElementById('missing')?.focus());
      }
    },
  });
  const unpublish = useMutation({
    mutationFn: () => courseBody(api.POST('/studio/courses/{id}/unpublish', path)),
    onSuccess: (fresh) => {
      showCourse(fresh);
      setAsking(undefined);
      toast({ text: t('unpublished') });
    },
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/studio/courses/{id}', path),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: studioCoursesQuery.queryKey });
      toast({ text: t('deleted') });
      void navigate({ to: '/studio' });
    },
  });
  const live = course.state === 'published';
  const doing = asking === 'delete' ? remove : unpublish;
  return (
    <div className={css.actions}>
      <LinkButton
        to="/studio/courses/$courseId/students"
        params={{ courseId: course.id }}
        variant="default"
        leftSection={<IconUsers size={18} stroke={1.75} aria-hidden />}
      >
        {t('students.title')}
      </LinkButton>
      <LinkButton
        to="/courses/$courseId"
        params={{ courseId: course.id }}
        variant="default"
        leftSection={<IconEye size={18} stroke={1.75} aria-hidden />}
      >
        {t('asStudent')}
      </LinkButton>
      {!live && (
        <Button loading={publish.isPending} onClick={() => publish.mutate()} data-publish>
          {t('publish')}
        </Button>
      )}
      <Menu position="bottom-end" shadow="sm" width={240}>
        <Menu.Target>
          <button type="button" className={css.icon} aria-label={t('more')} title={t('more')}>
            <IconDots size={20} stroke={1.75} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {live && (
            <Menu.Item
              leftSection={<IconWorldOff size={18} stroke={1.75} aria-hidden />}
              onClick={() => setAsking('unpublish')}
            >
              {t('unpublish')}
            </Menu.Item>
          )}
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={18} stroke={1.75} aria-hidden />}
            onClick={() => setAsking('delete')}
          >
            {t('deleteCourse')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {publish.isError && !(isApiError(publish.error) && publish.error.code === 'course_incomplete') && (
        <div className={css.actionError}>
          <Note tone="bad">{errorText(publish.error)}</Note>
        </div>
      )}
      <Modal
        opened={asking !== undefined}
        onClose={() => setAsking(undefined)}
        radius="xl"
        title={asking === 'delete' ? t('deleteAsk') : t('unpublishAsk')}
        closeButtonProps={{ 'aria-label': t('common:close') }}
      >
        <p>{asking === 'delete' ? t('deleteAskText') : t('unpublishAskText')}</p>
        {doing.isError && <Note tone="bad">{errorText(doing.error)}</Note>}
        <div className={css.dialogActions}>
          <Button variant="default" data-autofocus onClick={() => setAsking(undefined)}>
            {t('keepIt')}
          </Button>
          <Button
            color={asking === 'delete' ? 'red' : 'lapis'}
            variant={asking === 'delete' ? 'outline' : 'filled'}
            loading={doing.isPending}
            onClick={() => doing.mutate()}
          >
            {asking === 'delete' ? t('deleteCourse') : t('unpublish')}
          </Button>
        </div>
      </Modal>
    </div>
  );
}

function Tabs({ tab }: { tab: BuilderTab }) {
  const { t } = useTranslation('studio');
  const navigate = useNavigate();
  const go = (to: BuilderTab) =>
    void navigate({
      to: '.',
      search: (old: Record<string, unknown>) => ({ ...old, tab: to }),
      resetScroll: false,
    });
  const step = (event: React.KeyboardEvent) => {
    const rtl = document.documentElement.dir === 'rtl';
    const by = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const to = builderTabs[(builderTabs.indexOf(tab) + by + builderTabs.length) % builderTabs.length];
    if (!to) return;
    go(to);
    document.getElementById(`tab-${to}`)?.focus();
  };
  return (
    <div className={css.tabs} role="tablist" aria-label={t('tabs')} onKeyDown={step}>
      {builderTabs.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === tab}
          aria-controls={`panel-${name}`}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => go(name)}
        >
          {t(`tab.${name}`)}
        </button>
      ))}
    </div>
  );
}

function Bones() {
  const { t } = useTranslation();
  return (
    <div className={css.page} aria-busy="true">
      <span className="hidden" role="status">
        {t('loading')}
      </span>
      <div className={css.bones} aria-hidden>
        <span />
        <span />
        <span />
      </div>
    </div>
  );
}
