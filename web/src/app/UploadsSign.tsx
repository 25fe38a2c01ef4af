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
  const course = useUploads().find(isUnderWay)?.target.courseId;
  if (!course) return null;
  const words = t('uploads', { count, value: format.number(count), percent: format.percent(percent) });
  return (
    <Link
      to="/studio/courses/$courseId"
      params={{ courseId: course }}
      className={`${css.uploads} ${stuck ? css.stuck : ''}`}
      aria-label={words}
      title={words}
      data-uploads
    >
      <IconUpload size={18} stroke={1.75} aria-hidden />
      <bdi>{format.percent(percent)}</bdi>
    </Link>
  );
}
