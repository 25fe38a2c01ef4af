// What completes a lesson, how far it is, and the mark that one makes oneself where that is the rule.
import { Button } from '@mantine/core';
import { IconCircleCheckFilled, IconCircleDashed } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, body, type Schemas } from '~/api/client';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './LessonPage.module.css';
import { remember } from './progress';

type Lesson = Schemas['LessonPage'];

export function Completes({ lesson }: { lesson: Lesson }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const errorText = useErrorText();
  const mark = useMutation({
    mutationFn: () => body(api.POST('/learn/lessons/{id}/done', { params: { path: { id: lesson.id } } })),
    onSuccess: (progress) => {
      remember(lesson.course_id, lesson.id, progress);
      toast({ text: t('lesson.marked') });
    },
  });
  const done = lesson.mark === 'done';
  const rule = done
    ? t('lesson.doneRule')
    : lesson.completes.kind === 'read'
      ? t('lesson.readRule')
      : t('lesson.watchRule', { percent: format.percent(lesson.completes.percent ?? 90) });
  return (
    <div className={css.completes}>
      <span className={done ? css.isDone : css.isOpen}>
        {done ? (
          <IconCircleCheckFilled size={18} aria-hidden />
        ) : (
          <IconCircleDashed size={18} stroke={1.75} aria-hidden />
        )}
        {lesson.kind === 'video' && (
          <b className="num">
            <bdi>{format.percent(lesson.percent)}</bdi>
          </b>
        )}
      </span>
      <span className="mut" aria-live="polite">
        {rule}
      </span>
      {!done && lesson.completes.kind === 'read' && (
        <Button size="xs" variant="light" loading={mark.isPending} onClick={() => mark.mutate()}>
          {t('lesson.markDone')}
        </Button>
      )}
      {mark.isError && <Note tone="bad">{errorText(mark.error)}</Note>}
    </div>
  );
}
