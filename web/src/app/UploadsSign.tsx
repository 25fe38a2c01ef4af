// Uploads go on while their author is elsewhere: a small sign in the header, with the way back to them.
import { IconUpload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { isUnderWay } from '~/features/video/uploads/list';
import { useOverall, useUploads } from '~/features/video/uploads/manager';
import { useFormat } from '~/ui/useFormat';
import css from './Frame.module.css';

export function UploadsSign() {
  const { t } = useTranslation();
  const format = useFormat();
  const { count, percent, stuck } = useOverall();
  const target = useUploads().find(isUnderWay)?.target;
  if (!target) return null;
  const words = t('uploads', { count, value: format.number(count), percent: format.percent(percent) });
  const look = {
    className: `${css.uploads} ${stuck ? css.stuck : ''}`,
    'aria-label': words,
    title: words,
    'data-uploads': true,
  };
  const inside = (
    <>
      <IconUpload size={18} stroke={1.75} aria-hidden />
      <bdi>{format.percent(percent)}</bdi>
    </>
  );
  const { courseId } = target;
  if (target.kind === 'answer') {
    return (
      <Link to="/learn/$courseId/tasks/$taskId" params={{ courseId, taskId: target.taskId }} {...look}>
        {inside}
      </Link>
    );
  }
  return (
    <Link to="/studio/courses/$courseId" params={{ courseId }} {...look}>
      {inside}
    </Link>
  );
}
