// How a lesson stands, in the room of one sign at the end of its row in the tree.
import {
  IconAlertCircle,
  IconCircleCheckFilled,
  IconClock,
  IconPlayerPause,
  IconScan,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useUploads } from '~/features/video/uploads/manager';
import { useFormat } from '~/ui/useFormat';
import type { StudioLesson } from './queries';
import css from './Tree.module.css';

const icon = { size: 16, stroke: 1.75, 'aria-hidden': true } as const;

export function LessonSign({ lesson }: { lesson: StudioLesson }) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const upload = useUploads().find(
    (item) => item.target.kind === 'lesson' && item.target.lessonId === lesson.id && item.state !== 'done',
  );
  const { video } = lesson;
  if (upload && upload.state !== 'failed') {
    if (upload.state === 'uploading' || upload.state === 'waiting') {
      return <Word>{format.percent((upload.sent / Math.max(1, upload.size)) * 100)}</Word>;
    }
    return <Sign word={t('common:status.paused')} of={IconPlayerPause} />;
  }
  if (upload?.state === 'failed' || video?.state === 'failed') {
    return <Sign word={t('common:status.failed')} of={IconAlertCircle} tone={css.bad} />;
  }
  if (lesson.state === 'done' && (lesson.kind === 'text' || video?.state === 'ready')) {
    return (
      <span className={`${css.sign} ${css.ok}`} title={t('common:status.done')}>
        <IconCircleCheckFilled size={16} aria-hidden />
        <span className="hidden">{t('common:status.done')}</span>
      </span>
    );
  }
  if (video?.state === 'transcoding') return <Word>{format.percent(video.percent)}</Word>;
  if (video?.state === 'probing') return <Sign word={t('common:status.probing')} of={IconScan} />;
  if (video && video.state !== 'cancelled')
    return <Sign word={t(`common:status.${video.state}`)} of={IconClock} />;
  return <span className={css.lack}>{t(lesson.kind === 'video' ? 'noVideo' : 'noText')}</span>;
}

const Word = ({ children }: { children: string }) => (
  <span className={css.word}>
    <bdi>{children}</bdi>
  </span>
);

function Sign({
  word,
  of: Icon,
  tone = '',
}: {
  word: string;
  of: typeof IconClock;
  tone?: string | undefined;
}) {
  return (
    <span className={`${css.sign} ${tone}`} title={word}>
      <Icon {...icon} />
      <span className="hidden">{word}</span>
    </span>
  );
}
