// The courses of an author: what state each is in, what it lacks, and the way to begin one.
import { Button, Modal, Select, TextInput } from '@mantine/core';
import { IconBooks, IconMessageQuestion, IconPlus, IconShieldCheck } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, intentKey, type Schemas } from '~/api/client';
import { isApiError } from '~/api/error';
import { CourseTitle } from '~/features/courses/CourseTitle';
import { Cover } from '~/features/courses/Cover';
import { useSession } from '~/features/identity/session';
import { isLocale } from '~/i18n';
import { localeNames, locales } from '~/i18n/format';
import { Note } from '~/ui/Note';
import { Failed, SignInFirst, State } from '~/ui/State';
import { Status } from '~/ui/Status';
import { asTyped } from '~/ui/typedDir';
import { useErrorText, useFieldText } from '~/ui/useErrorText';
import { useFormat, useLocale } from '~/ui/useFormat';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { When } from '~/ui/When';
import { courseBody, showCourse, studioCoursesQuery } from './queries';
import css from './StudioPage.module.css';

export function StudioPage() {
  const { t } = useTranslation(['studio', 'common']);
  useTitle(t('title'));
  const { state } = useSession();
  const courses = useQuery({ ...studioCoursesQuery, enabled: state === 'user' });
  const [creating, setCreating] = useState(false);
  if (state === 'guest') return <SignInFirst page />;
  const create = (
    <Button leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />} onClick={() => setCreating(true)}>
      {t('create')}
    </Button>
  );
  const items = courses.data?.items;
  return (
    <div className={`page ${css.page}`}>
      <div className={css.head}>
        <h1 className="work">{t('title')}</h1>
        {items && items.length > 0 && (
          <div className={css.deeds}>
            <Button
              component={Link}
              to="/desk"
              variant="default"
              leftSection={<IconMessageQuestion size={18} stroke={1.75} aria-hidden />}
            >
              {t('common:questions')}
            </Button>
            <Button
              component={Link}
              to="/moderation"
              variant="default"
              leftSection={<IconShieldCheck size={18} stroke={1.75} aria-hidden />}
            >
              {t('common:moderation')}
            </Button>
            {create}
          </div>
        )}
      </div>
      {courses.isError && !courses.data ? (
        <Failed error={courses.error} retry={() => void courses.refetch()} />
      ) : (
        <Waiting pending={courses.isPending} skeleton={<Bones />}>
          {items?.length === 0 ? (
            <State icon={<IconBooks size={28} stroke={1.5} />} title={t('empty')} action={create}>
              {t('emptyText')}
            </State>
          ) : (
            <ul className={css.list}>
              {items?.map((course) => (
                <Row key={course.id} course={course} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
      {creating && <CreateCourse close={() => setCreating(false)} />}
    </div>
  );
}

function Row({ course }: { course: Schemas['StudioCard'] }) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  return (
    <li className={css.row}>
      <Cover id={course.id} cover={course.cover} sizes="160px" />
      <div className={css.text}>
        <p className={css.states}>
          <Status of="course" state={course.state} />
          {course.state === 'draft' && course.problems > 0 && (
            <span className="meta mut">
              {t('problems', { count: course.problems, value: format.number(course.problems) })}
            </span>
          )}
        </p>
        <h2 className={css.name}>
          <Link to="/studio/courses/$courseId" params={{ courseId: course.id }}>
            <CourseTitle course={course} />
          </Link>
        </h2>
        <p className="meta mut">
          {t('common:count.lessons', { count: course.lessons, value: format.number(course.lessons) })}&nbsp;·{' '}
          <Link to="/studio/courses/$courseId/students" params={{ courseId: course.id }} className="link">
            {t('common:count.students', { count: course.students, value: format.number(course.students) })}
          </Link>
          &nbsp;· {t('changed')} <When at={course.updated_at} />
        </p>
      </div>
    </li>
  );
}

function CreateCourse({ close }: { close: () => void }) {
  const { t } = useTranslation(['studio', 'common']);
  const navigate = useNavigate();
  const errorText = useErrorText();
  const fieldText = useFieldText();
  const here = useLocale();
  const [title, setTitle] = useState('');
  const [language, setLanguage] = useState(here);
  const [left, setLeft] = useState(false);
  // One key an intent: a second press, or a repeated request, makes no second course.
  const key = useRef(intentKey());
  const make = useMutation({
    mutationFn: () =>
      courseBody(
        api.POST('/studio/courses', {
          params: { header: { 'Idempotency-Key': key.current } },
          body: { title: title.trim(), language },
        }),
      ),
    onSuccess: (course) => {
      showCourse(course);
      void navigate({ to: '/studio/courses/$courseId', params: { courseId: course.id } });
    },
    onError: () => {
      key.current = intentKey();
    },
  });
  const theirs = isApiError(make.error) ? make.error.field('title') : undefined;
  const fieldError = theirs && fieldText(theirs);
  const missing = left && title.trim() === '' ? t('titleMissing') : undefined;
  return (
    <Modal
      opened
      onClose={close}
      radius="xl"
      title={t('createTitle')}
      closeButtonProps={{ 'aria-label': t('common:close') }}
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          setLeft(true);
          if (title.trim() && !make.isPending) make.mutate();
        }}
      >
        <TextInput
          label={t('courseTitle')}
          description={t('courseTitleHelp')}
          value={title}
          maxLength={200}
          {...asTyped(title)}
          data-autofocus
          error={fieldError ?? missing}
          onChange={(event) => setTitle(event.currentTarget.value)}
          onBlur={() => setLeft(title !== '')}
        />
        <Select
          label={t('language')}
          data={locales.map((value) => ({ value, label: localeNames[value] }))}
          value={language}
          allowDeselect={false}
          onChange={(value) => isLocale(value) && setLanguage(value)}
        />
        {make.isError && !fieldError && <Note tone="bad">{errorText(make.error)}</Note>}
        <div className={css.actions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={make.isPending}>
            {t('create')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Bones() {
  return (
    <ul className={css.list} aria-hidden>
      {[1, 2, 3].map((number) => (
        <li key={number} className={`${css.row} ${css.bone}`} />
      ))}
    </ul>
  );
}
