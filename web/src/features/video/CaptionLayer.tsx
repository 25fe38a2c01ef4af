// What is said, over the picture: above the controls while they are shown, each line in its own direction.
import { useSyncExternalStore } from 'react';
import css from './Captions.module.css';
import type { Captions, CaptionsView } from './captions';
import { cuesAt } from './cues';

export const useCaptions = (captions: Captions): CaptionsView =>
  useSyncExternalStore(captions.listen, captions.view);

type Props = { captions: Captions; time: number; raised: boolean };

/** Not read aloud: whoever listens hears the video itself, and the transcript is there to be read. */
export function CaptionLayer({ captions, time, raised }: Props) {
  const view = useCaptions(captions);
  if (!view.on || view.cues.length === 0) return null;
  const cues = cuesAt(view.cues, time);
  if (cues.length === 0) return null;
  return (
    <div
      className={`${css.layer} ${raised ? css.raised : ''}`}
      style={{ fontSize: `calc(clamp(14px, 2.4cqw, 34px) * ${view.size / 100})` }}
      lang={view.language}
      aria-hidden
      data-captions
    >
      {cues.map((cue) => (
        <p key={`${cue.from} ${cue.text}`}>
          {cue.text.split('\n').map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a cue never change their places.
            <span key={index} dir="auto">
              {line}
            </span>
          ))}
        </p>
      ))}
    </div>
  );
}
