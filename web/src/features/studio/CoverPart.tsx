// The cover of a course: dropped or picked, shown as the catalogue will show it.
import { Button, Loader } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { apiBase, authedFetch } from '~/api/client';
import { problemOf } from '~/api/error';
import { Cover } from '~/features/courses/Cover';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import css from './Builder.module.css';
import { Drop } from './Drop';
import { refreshCourse, type StudioCourse, showCourse } from './queries';

export function CoverPart({ course }: { course: StudioCourse }) {
  const { t } = useTranslation('studio');
  const errorText = useErrorText();
  const address = `${apiBase}/studio/courses/${course.id}/cover`;
  const put = useMutation({
    // The body is the picture itself, which the generated client has no words for.
    mutationFn: async (file: File) => {
      const response = await authedFetch(address, {
        method: 'PUT',
        headers: { 'content-type': file.type || 'application/octet-stream' },
        body: file,
      });
      if (!response.ok) throw await problemOf(response);
      return (await response.json()) as StudioCourse;
    },
    onSuccess: showCourse,
  });
  const remove = useMutation({
    mutationFn: async () => {
      const response = await authedFetch(address, { method: 'DELETE' });
      if (!response.ok) throw await problemOf(response);
    },
    onSuccess: () => refreshCourse(course.id),
  });
  const failed = put.error ?? remove.error;
  return (
    <div className={css.field} id="field-cover">
      <span className={css.label}>{t('cover')}</span>
      <span className="meta mut">{t('coverHelp')}</span>
      <div className={css.cover}>
        <div className={css.coverPicture}>
          <Cover id={course.id} cover={course.cover} sizes="320px" />
          {put.isPending && (
            <span className={css.coverBusy} role="status">
              <Loader size={28} aria-hidden />
              <span className="hidden">{t('coverBusy')}</span>
            </span>
          )}
        </div>
        <div className={css.stack}>
          <Drop
            label={t('dropCover')}
            accept="image/jpeg,image/png,image/webp"
            multiple={false}
            note={t('coverTypes')}
            take={([file]) => file && put.mutate(file)}
          />
          {course.cover && (
            <div>
              <Button
                size="xs"
                variant="subtle"
                color="red"
                loading={remove.isPending}
                leftSection={<IconTrash size={18} stroke={1.75} aria-hidden />}
                onClick={() => remove.mutate()}
              >
                {t('removeCover')}
              </Button>
            </div>
          )}
        </div>
      </div>
      {failed && <Note tone="bad">{errorText(failed)}</Note>}
    </div>
  );
}
