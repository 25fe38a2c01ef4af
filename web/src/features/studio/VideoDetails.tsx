// What surrounds a video that can be watched: facts about how it came out, still picture, chapters, captions, viewings.
import { IconChartLine } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { LinkButton } from '~/ui/LinkButton';
import { Note } from '~/ui/Note';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { CaptionsPart } from './CaptionsPart';
import { ChaptersPart } from './ChaptersPart';
import { PosterPart } from './PosterPart';
import type { VideoView } from './queries';

type Props = {
  courseId: string;
  /** Whose viewings can be looked at; a trailer has none. */
  lessonId: string | undefined;
  video: VideoView;
};

export function VideoDetails({ courseId, lessonId, video }: Props) {
  const { t } = useTranslation('studio');
  return (
    <div className={css.details}>
      <Facts video={video} />
      <PosterPart courseId={courseId} video={video} />
      <ChaptersPart courseId={courseId} video={video} key={video.id} />
      <CaptionsPart video={video} key={`captions ${video.id}`} />
      {lessonId && (
        <div>
          <LinkButton
            size="xs"
            variant="default"
            to="/studio/courses/$courseId/viewings/$lessonId"
            params={{ courseId, lessonId }}
            leftSection={<IconChartLine size={18} stroke={1.75} aria-hidden />}
          >
            {t('viewings.open')}
          </LinkButton>
        </div>
      )}
    </div>
  );
}

/** Keeps a span of time or a signed number whole in a Hebrew sentence. */
const ltr = (text: string) => `\u2066${text}\u2069`;

/** Shown at once; the rest is counted. */
const SHOWN = 5;

function Facts({ video }: { video: Props['video'] }) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const { skipped, screen, loudness } = video;
  const dropped = video.renditions.filter((rung) => rung.state === 'dropped');
  const plain = video.kind !== 'listening' && !screen && !loudness;
  if (plain && skipped.length === 0 && dropped.length === 0) return null;
  return (
    <>
      {skipped.length > 0 && (
        <Note tone="warn">
          {t('facts.skipped', {
            places: skipped
              .slice(0, SHOWN)
              .map((piece) => ltr(`${format.clock(piece.from_s)}–${format.clock(piece.to_s)}`))
              .join(', '),
          })}
          {skipped.length > SHOWN && (
            <>
              {' '}
              {t('facts.more', {
                count: skipped.length - SHOWN,
                value: format.number(skipped.length - SHOWN),
              })}
            </>
          )}
        </Note>
      )}
      <p className="small mut">
        {[
          video.kind === 'listening' ? t('facts.listening') : '',
          screen ? t('facts.screen') : '',
          dropped.length > 0
            ? t(screen ? 'facts.droppedScreen' : 'facts.dropped', {
                names: dropped.map(({ name }) => name).join(', '),
              })
            : '',
          loudness
            ? t('facts.loudness', {
                lufs: ltr(format.number(loudness.integrated_lufs)),
                gain: ltr(`${loudness.gain_db >= 0 ? '+' : '−'}${format.number(Math.abs(loudness.gain_db))}`),
              })
            : '',
        ]
          .filter(Boolean)
          .join(' ')}
      </p>
    </>
  );
}
