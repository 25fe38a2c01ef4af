// A new module, or a new lesson in a module.
import { Button, Modal, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText, useFieldText } from '~/ui/useErrorText';
import css from './Builder.module.css';
import { addLesson, addModule } from './programme';
import type { StudioCourse } from './queries';

type Props = {
  course: StudioCourse;
  /** Of a lesson; absent for a new module. */
  module: string | undefined;
  close: () => void;
  added: (made: { lesson: string } | { module: string }) => void;
};

export function AddForm({ course, module, close, added }: Props) {
  const { t } = useTranslation(['studio', 'common']);
  const errorText = useErrorText();
  const fieldText = useFieldText();
  const [title, setTitle] = useState('');
  const [kind, setKind] = useState<'video' | 'text'>('video');
  const [place, setPlace] = useState(module);
  const [tried, setTried] = useState(false);
  const make = useMutation({
    mutationFn: async () => {
      const name = title.trim();
      if (!place) return { module: (await addModule(course.id, name)).id };
      return { lesson: (await addLesson(course.id, place, name, kind)).id };
    },
    onSuccess: added,
  });
  const problem = isApiError(make.error) ? make.error.field('title') : undefined;
  const theirs = problem && fieldText(problem);
  const missing = tried && !title.trim() ? t('titleMissing') : undefined;
  return (
    <Modal
      opened
      onClose={close}
      radius="xl"
      title={module ? t('addLessonTitle') : t('addModuleTitle')}
      closeButtonProps={{ 'aria-label': t('common:close') }}
    >
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (title.trim() && !make.isPending) make.mutate();
        }}
      >
        <TextInput
          label={module ? t('lessonTitle') : t('moduleTitle')}
          value={title}
          maxLength={200}
          {...asTyped(title)}
          data-autofocus
          error={theirs ?? missing}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        {module && (
          <>
            <SegmentedControl
              aria-label={t('kindLabel')}
              value={kind}
              onChange={(value) => setKind(value === 'text' ? 'text' : 'video')}
              data={[
                { value: 'video', label: t('kind.video') },
                { value: 'text', label: t('kind.text') },
              ]}
            />
            <Select
              label={t('inModule')}
              data={course.modules.map((item) => ({ value: item.id, label: item.title }))}
              value={place ?? null}
              allowDeselect={false}
              onChange={(value) => value && setPlace(value)}
            />
          </>
        )}
        {make.isError && !theirs && <Note tone="bad">{errorText(make.error)}</Note>}
        <div className={css.dialogActions}>
          <Button variant="default" onClick={close}>
            {t('common:cancel')}
          </Button>
          <Button type="submit" loading={make.isPending}>
            {t('add')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
