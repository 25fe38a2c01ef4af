// One video on its way: three parts of a bar (upload, check, transcode), the state in words, what can be done about it.
import {
  IconClock,
  IconFileAlert,
  IconHeadphones,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconReplace,
  IconScan,
  IconUpload,
  IconVideo,
  IconWifiOff,
  IconX,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type ComponentType, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, body } from '~/api/client';
import type { Target, UploadItem } from '~/features/video/uploads/list';
import {
  addUpload,
  cancelUpload,
  continueUpload,
  pauseUpload,
  resumeUpload,
} from '~/features/video/uploads/manager';
import { isolated } from '~/i18n/format';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { videoTypes } from './Drop';
import { refreshCourse, showVideo, type VideoView } from './queries';
import { type Stage, stageOf } from './stage';
import css from './UploadRow.module.css';

type Props = {
  title: string;
  item: UploadItem | undefined;
  video: VideoView | null;
  target: Target;
  remove?: (() => void) | undefined;
};

export function UploadRow({ title, item, video, target, remove }: Props) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const stage = stageOf(item, video);
  const words = useWords(stage, item, video);
  const [wrong, setWrong] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const picking = useRef<'resume' | 'replace'>('replace');
  const job = useMutation({
    mutationFn: (what: 'retry' | 'cancel') => {
      const path = { params: { path: { id: video?.id ?? '' } } };
      return body(
        what === 'retry' ? api.POST('/videos/{id}/retry', path) : api.POST('/videos/{id}/cancel', path),
      );
    },
    onSuccess: (fresh) => {
      showVideo(target.courseId, fresh);
      void refreshCourse(target.courseId);
    },
  });
  const errorText = useErrorText();
  const pick = (what: 'resume' | 'replace') => {
    picking.current = what;
    picker.current?.click();
  };
  const picked = (file: File | undefined) => {
    if (!file) return;
    setWrong(false);
    if (picking.current === 'replace') return addUpload(file, target);
    const known = item?.uploadId
      ? {
          uploadId: item.uploadId,
          name: item.name,
          size: item.size,
          sent: item.sent,
          attached: item.attached,
        }
      : video?.upload_id
        ? {
            uploadId: video.upload_id,
            name: video.file_name,
            size: video.size,
            sent: video.received,
            attached: true,
          }
        : undefined;
    if (!known || !resumeUpload({ ...known, target }, file)) setWrong(true);
  };

  return (
    <div className={`${css.row} ${css[stage.tone]}`} data-upload={stage.name}>
      <Thumb stage={stage} video={video} />
      <div className="grow">
        <div className={css.line}>
          <bdi className="medium clip">{title}</bdi>
          <span className={css.state} role="status">
            {words.state}
          </span>
        </div>
        <div
          className={css.bars}
          role="progressbar"
          aria-label={title}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round((stage.bars[0] * 3 + stage.bars[1] + stage.bars[2] * 3) / 7)}
          aria-valuetext={words.state}
        >
          {stage.bars.map((percent, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: three parts that never change their places.
            <span key={index}>
              <i style={{ width: `${percent}%` }} />
            </span>
          ))}
        </div>
        <div className={css.line}>
          <span className="small mut">
            {wrong ? (
              <span className={css.wrong} role="alert">
                {t('upload.otherFile', {
                  name: isolated(item?.name ?? video?.file_name ?? ''),
                  size: format.size(item?.size ?? video?.size ?? 0),
                })}
              </span>
            ) : job.isError ? (
              <span className={css.wrong} role="alert">
                {errorText(job.error)}
              </span>
            ) : (
              words.detail
            )}
          </span>
          {video && stage.showRungs && <Rungs video={video} />}
        </div>
      </div>
      <div className={css.actions}>
        {stage.can.includes('pause') && item && (
          <Act icon={IconPlayerPause} label={t('upload.pause')} act={() => pauseUpload(item.key)} />
        )}
        {stage.can.includes('continue') && item && (
          <Act icon={IconPlayerPlay} label={t('upload.continue')} act={() => continueUpload(item.key)} />
        )}
        {stage.can.includes('resume') && (
          <Act icon={IconUpload} label={t('upload.chooseAgain')} act={() => pick('resume')} />
        )}
        {stage.can.includes('retryUpload') && item && (
          <Act icon={IconRefresh} label={t('common:retry')} act={() => continueUpload(item.key)} />
        )}
        {stage.can.includes('retry') && (
          <Act icon={IconRefresh} label={t('common:retry')} act={() => job.mutate('retry')} />
        )}
        {stage.can.includes('replace') && (
          <Act icon={IconReplace} label={t('upload.replace')} act={() => pick('replace')} />
        )}
        {stage.can.includes('cancel') && (
          <Act
            icon={IconX}
            label={t('common:cancel')}
            act={() => {
              if (item) {
                void cancelUpload(item.key).then(() => remove?.());
              } else if (video?.state === 'uploading') remove?.();
              else job.mutate('cancel');
            }}
          />
        )}
        {stage.can.includes('remove') && remove && (
          <Act icon={IconX} label={t('upload.remove')} act={remove} />
        )}
      </div>
      <input
        ref={picker}
        type="file"
        hidden
        accept={videoTypes}
        aria-label={t('upload.replace')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          picked(file);
        }}
      />
    </div>
  );
}

function Thumb({ stage, video }: { stage: Stage; video: VideoView | null }) {
  if (video?.poster_url)
    return <img className={css.thumb} src={video.poster_url} alt="" width={88} height={50} />;
  const made = video?.kind === 'listening' ? IconHeadphones : IconVideo;
  const icons = {
    failed: IconFileAlert,
    offline: IconWifiOff,
    queued: IconClock,
    probing: IconScan,
    transcoding: made,
    ready: made,
  } as const;
  const Icon = icons[stage.name as keyof typeof icons] ?? IconUpload;
  return (
    <span className={css.thumb} aria-hidden>
      <Icon size={22} stroke={1.5} />
    </span>
  );
}

function Act({
  icon: Icon,
  label,
  act,
}: {
  icon: ComponentType<{ size: number; stroke: number }>;
  label: string;
  act: () => void;
}) {
  return (
    <button type="button" className={css.act} aria-label={label} title={label} onClick={act}>
      <Icon size={18} stroke={1.75} />
    </button>
  );
}

/** What is made of it: done, in work with its percentage, or waiting. */
function Rungs({ video }: { video: VideoView }) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const rungs = video.renditions.filter((rung) => /^\d/.test(rung.name));
  if (rungs.length === 0) return null;
  return (
    <ul className={css.rungs}>
      {rungs.map((rung) => {
        // Complete, and not offered: it would have gained nothing over the one below.
        const dropped = rung.state === 'dropped';
        const done = !dropped && (rung.state === 'ready' || rung.percent >= 100);
        const running = !done && !dropped && rung.percent > 0;
        return (
          <li
            key={rung.name}
            className={done ? css.rungDone : running ? css.rungNow : dropped ? css.rungDropped : ''}
            title={dropped ? t('upload.rungDropped') : undefined}
          >
            {done && <span aria-hidden>✓ </span>}
            <bdi>{rung.name}</bdi>
            {running && (
              <>
                {' · '}
                <bdi>{format.percent(rung.percent)}</bdi>
              </>
            )}
            <span className="hidden">
              {dropped
                ? `, ${t('upload.rungDropped')}`
                : t(done ? 'upload.rungDone' : running ? 'upload.rungNow' : 'upload.rungWaits')}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function useWords(stage: Stage, item: UploadItem | undefined, video: VideoView | null) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const { t: failure, i18n } = useTranslation('errors');
  const percent = (value: number) => format.percent(value);
  const size = (bytes: number) => format.size(bytes);
  switch (stage.name) {
    case 'waiting':
      return { state: t('upload.waiting'), detail: size(item?.size ?? 0) };
    case 'uploading': {
      const { sent = 0, size: all = 0, speed = 0 } = item ?? {};
      const parts = [t('upload.ofSize', { sent: size(sent), all: size(all) })];
      if (speed > 0) {
        parts.push(t('upload.speed', { speed: size(speed) }));
        parts.push(t('upload.left', { span: format.span((all - sent) / speed) }));
      }
      return {
        state: t('upload.uploading', { percent: percent((sent / Math.max(1, all)) * 100) }),
        detail: parts.join(' · '),
      };
    }
    case 'paused':
      return {
        state: t('common:status.paused'),
        detail: t('upload.goesOn', { percent: percent(stage.bars[0]) }),
      };
    case 'offline':
      // The server has said why it takes nothing now.
      if (item?.error) {
        return {
          state: t('upload.serverWaits'),
          detail: `${errorText(item.error)} ${t('upload.goesOnSoon', { percent: percent(stage.bars[0]) })}`,
        };
      }
      return {
        state: t('upload.offline'),
        detail: t('upload.goesOnNet', { percent: percent(stage.bars[0]) }),
      };
    case 'file':
      return {
        state: t('upload.interrupted'),
        detail: t('upload.needsFile', {
          name: isolated(item?.name ?? video?.file_name ?? ''),
          percent: percent(stage.bars[0]),
        }),
      };
    case 'queued': {
      const before = video?.queue_position ?? 0;
      return {
        state: t('common:status.queued'),
        detail:
          before > 0
            ? t('upload.before', { count: before, value: format.number(before) })
            : t('upload.received', { size: size(video?.size ?? 0) }),
      };
    }
    case 'probing':
      return {
        state: t('upload.probing'),
        detail: t('upload.probingText', { size: size(video?.size ?? 0) }),
      };
    case 'transcoding': {
      const left = video?.eta_s;
      const ready = video?.renditions
        .filter((rung) => /^\d/.test(rung.name) && rung.state === 'ready')
        .at(-1);
      return {
        state: left
          ? t('upload.transcodingLeft', { span: format.span(left) })
          : t('upload.transcoding', { percent: percent(video?.percent ?? 0) }),
        detail: [
          video?.speed ? t('upload.workSpeed', { speed: format.number(video.speed) }) : '',
          video?.watchable
            ? ready
              ? t('upload.watchableIn', { quality: ready.name })
              : t('upload.watchable')
            : t('upload.canClose'),
        ]
          .filter(Boolean)
          .join(' · '),
      };
    }
    case 'ready':
      return {
        state: t('upload.ready', { length: format.clock(video?.duration_s ?? 0) }),
        detail: isolated(video?.file_name ?? ''),
      };
    case 'cancelled':
      return { state: t('common:status.cancelled'), detail: isolated(video?.file_name ?? '') };
    default: {
      // What this page has sent is newer than what the server says of an earlier file.
      const error = item?.state === 'failed' ? undefined : video?.error;
      const known = error && i18n.exists(`errors:${error.code}`);
      const sentence = error
        ? known
          ? failure(error.code as 'unknown')
          : error.detail
        : errorText(item?.error);
      const at = error?.at_s ? ` ${t('upload.failedAt', { at: format.clock(error.at_s) })}` : '';
      return { state: t('upload.failed'), detail: sentence + at };
    }
  }
}
