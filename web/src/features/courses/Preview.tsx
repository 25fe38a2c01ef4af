// The free trailer, or the free preview of a lesson: plays at one click, for strangers too.
import { Button, Modal } from '@mantine/core';
import { IconPlayerPlayFilled } from '@tabler/icons-react';
import { useCallback, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import { usePlayback } from '~/features/video/usePlayback';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { Cover } from './Cover';
import css from './Preview.module.css';
import type { CoursePage } from './queries';

export function Trailer({ course }: { course: CoursePage }) {
  const { t } = useTranslation(['courses', 'common']);
  const format = useFormat();
  const grant = useCallback(
    () => body(api.POST('/courses/{id}/trailer/play', { params: { path: { id: course.id } }, body: {} })),
    [course.id],
  );
  const video = useRef<HTMLVideoElement>(null);
  const { stage, error, start } = usePlayback(video, grant);
  if (!course.trailer) {
    return <Cover id={course.id} cover={course.cover} sizes="(max-width: 1024px) 100vw, 800px" eager />;
  }
  return (
    <div className={css.box}>
      {stage === 'idle' ? (
        <button
          type="button"
          className={css.poster}
          onClick={() => void start()}
          aria-label={t('course.playTrailer')}
        >
          <Cover id={course.id} cover={course.cover} sizes="(max-width: 1024px) 100vw, 800px" eager />
          <span className={css.pill}>
            <IconPlayerPlayFilled size={22} aria-hidden />
            <span dir="auto">
              {t('course.trailer')}&nbsp;· <bdi>{format.clock(course.trailer.duration_s)}</bdi>
            </span>
          </span>
        </button>
      ) : null}
      <Screen video={video} stage={stage} error={error} start={start} title={course.title} />
    </div>
  );
}

export function LessonPreview({
  lesson,
  close,
}: {
  lesson: { id: string; title: string };
  close: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      radius="xl"
      title={<bdi>{lesson.title}</bdi>}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <Playing lesson={lesson} />
    </Modal>
  );
}

function Playing({ lesson }: { lesson: { id: string; title: string } }) {
  const grant = useCallback(
    () => body(api.POST('/lessons/{id}/play', { params: { path: { id: lesson.id } }, body: {} })),
    [lesson.id],
  );
  const video = useRef<HTMLVideoElement>(null);
  const { stage, error, start } = usePlayback(video, grant);
  useEffect(() => void start(), [start]);
  return (
    <div className={css.box}>
      <Screen video={video} stage={stage} error={error} start={start} title={lesson.title} />
    </div>
  );
}

type ScreenProps = Pick<ReturnType<typeof usePlayback>, 'stage' | 'error' | 'start'> & {
  video: React.RefObject<HTMLVideoElement | null>;
  title: string;
};

function Screen({ video, stage, error, start, title }: ScreenProps) {
  const { t } = useTranslation(['courses', 'common']);
  const errorText = useErrorText();
  useEffect(() => {
    // The visitor has pressed play already; a browser that still refuses shows its own button.
    if (stage === 'ready') void video.current?.play().catch(() => undefined);
  }, [stage, video]);
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: captions come with the stream when the author has made them. */}
      <video
        ref={video}
        className={css.video}
        controls
        playsInline
        aria-label={title}
        hidden={stage === 'idle'}
      />
      {stage === 'failed' && (
        <div className={css.failed} role="alert">
          <b>{t('course.trailerFailed')}</b>
          <span>{errorText(error)}</span>
          <Button color="gray" variant="white" onClick={() => void start()}>
            {t('common:retry')}
          </Button>
        </div>
      )}
    </>
  );
}
