// Deleting a module or a lesson cannot be undone: it is asked first, with what goes along.
import { Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { deleteLesson, deleteModule } from './programme';
import type { StudioCourse } from './queries';

export type Doomed = { kind: 'module' | 'lesson'; id: string; title: string; lessons: number };

type Props = { course: StudioCourse; doomed: Doomed; close: (gone: boolean) => void };

export function DeleteDialog({ course, doomed, close }: Props) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const remove = useMutation({
    mutationFn: () =>
      doomed.kind === 'module' ? deleteModule(course.id, doomed.id) : deleteLesson(course.id, doomed.id),
    onSuccess: () => {
      toast({ text: t('deleted') });
      close(true);
    },
  });
  return (
    <Modal
      opened
      onClose={() => close(false)}
      radius="xl"
      title={t(doomed.kind === 'module' ? 'deleteModuleAsk' : 'deleteLessonAsk', { name: doomed.title })}
      closeButtonProps={{ 'aria-label': t('common:close') }}
    >
      <p>
        {doomed.lessons > 0
          ? t('deleteModuleText', { count: doomed.lessons, value: format.number(doomed.lessons) })
          : t('deleteLessonText')}
      </p>
      {remove.isError && <Note tone="bad">{errorText(remove.error)}</Note>}
      <div className={css.dialogActions}>
        <Button variant="default" data-autofocus onClick={() => close(false)}>
          {t('keepIt')}
        </Button>
        <Button color="red" variant="outline" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t('delete')}
        </Button>
      </div>
    </Modal>
  );
}
