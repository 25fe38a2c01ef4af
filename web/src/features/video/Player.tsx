// The player: picture, controls, signs and keys around one engine. Its surfaces are dark and it never mirrors.
import { IconArrowsDiagonal, IconHeadphones, IconPlayerPlayFilled, IconX } from '@tabler/icons-react';
import {
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import { CaptionLayer } from './CaptionLayer';
import { Controls } from './Controls';
import { neighbourChapter } from './chapters';
import { createEngine, type Engine, type Playback, type PlayerView } from './engine';
import { KeysDialog } from './KeysDialog';
import { nextRate, playerAction, scrolls, takenBy } from './keys';
import css from './Player.module.css';
import { keepPrefs, readPrefs } from './prefs';
import { Signs } from './Signs';
import { Watermark } from './Watermark';

export type PlayerProps = {
  /** What is played, for readers. */
  title: string;
  grant: () => Promise<Playback>;
  /** Length in seconds, as far as it is known before it plays. */
  duration?: number;
  /** Where it will go on, for the button: seconds. */
  from?: number;
  /** Where it is to begin whatever the server remembers: seconds. */
  at?: number;
  /** Shown until it plays. */
  poster?: ReactNode;
  /** Starts by itself: the visitor has asked for it already. */
  autoStart?: boolean;
  /** Keys work on the whole page, not only inside the player. */
  pageKeys?: boolean;
  /** Gives the engine to whoever follows the playback; the returned function is called at the end. */
  follow?: (engine: Engine) => () => void;
  next?: { title: string; go: () => void } | undefined;
  previous?: (() => void) | undefined;
  /** What stands beside the player and has a key: the transcript. */
  transcript?: (() => void) | undefined;
  /** The small player in the corner: whether it is that now, what leads back, and what the key P does. */
  mini?: { on: boolean; back: () => void; close: () => void; toggle: () => void } | undefined;
  /** Tells a person that it does not play: where it stopped, and why. */
  report?: ((second: number, why: string) => void) | undefined;
  /** What fills the screen: an element around the player that outlives it, so that the next lesson stays in full screen. */
  screen?: React.RefObject<HTMLElement | null> | undefined;
};

export const usePlayerView = (engine: Engine): PlayerView => useSyncExternalStore(engine.listen, engine.view);

/** Controls go after this long without a move, in milliseconds. */
const STILL = 3_000;
const SIGN = 1_200;

export function Player(props: PlayerProps) {
  const { grant, duration = 0, at = 0, autoStart = false, pageKeys = false, follow } = props;
  const { t } = useTranslation('player');
  const format = useFormat();
  const engine = useMemo(() => createEngine(grant, duration, at), [grant, duration, at]);
  const view = usePlayerView(engine);
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [keys, setKeys] = useState(false);
  const { idle, stir } = useStillness(view, box);
  const full = useFullscreen(props.screen ?? box, video);
  const sign = useSign(view.rate, `${format.number(view.rate, 2)}×`);

  useEffect(() => {
    if (!video.current) return;
    const detach = engine.attach(video.current);
    const unfollow = follow?.(engine);
    if (autoStart) void engine.restart();
    return () => {
      unfollow?.();
      detach();
    };
  }, [engine, follow, autoStart]);

  useEffect(() => {
    // The code that plays is there when play is pressed; if it does not come, that is said then.
    import('hls.js').catch(() => undefined);
  }, []);

  const { next, previous, transcript, mini } = props;
  const autoplay = useAutoplay();
  const act = useCallback(
    (event: KeyboardEvent) => {
      if (event.defaultPrevented || takenBy(event.target, event.key)) return;
      const action = playerAction(event);
      if (!action) return;
      const inside = full.on || (event.target instanceof Node && box.current?.contains(event.target));
      if (scrolls(event.key) && !inside) return;
      event.preventDefault();
      stir();
      const now = engine.view();
      if (action.do === 'toggle') engine.toggle();
      else if (action.do === 'seek') engine.seek(now.time + action.by);
      else if (action.do === 'seekTo') engine.seek(now.duration * action.part);
      else if (action.do === 'volume') engine.setVolume(now.volume + action.by);
      else if (action.do === 'mute') engine.toggleMute();
      else if (action.do === 'fullscreen') full.toggle();
      else if (action.do === 'captions') engine.captions.toggle();
      else if (action.do === 'faster' || action.do === 'slower')
        engine.setRate(nextRate(now.rate, action.do === 'faster'));
      else if (action.do === 'chapter') {
        const to = neighbourChapter(now.playback?.chapters ?? [], now.time, action.forward);
        if (to !== undefined && now.playback?.chapters?.length) engine.seek(to);
      } else if (action.do === 'next') next?.go();
      else if (action.do === 'previous') previous?.();
      else if (action.do === 'transcript') transcript?.();
      else if (action.do === 'mini') mini?.toggle();
      else setKeys(true);
    },
    [engine, full, next, previous, transcript, mini, stir],
  );
  useEffect(() => {
    const place: HTMLElement | Document | null = pageKeys ? document : box.current;
    const hear = (event: Event) => act(event as KeyboardEvent);
    place?.addEventListener('keydown', hear);
    return () => place?.removeEventListener('keydown', hear);
  }, [act, pageKeys]);

  useMediaSession(engine, props.title, view.begun);
  const listening = view.playback?.kind === 'listening' || (view.begun && view.height === 0);
  const broken = view.stage === 'failed' || view.stage === 'replaced';
  // What was pressed is on its way: the sign of waiting takes the place of the button.
  const coming = view.stage === 'starting' || (view.stage === 'ready' && view.playing);
  const from = view.time > 0 ? view.time : (props.from ?? 0);
  const press = () => (view.stage === 'idle' ? void engine.restart() : engine.toggle());
  // What is only heard hides nothing by its controls.
  const hidden = idle && view.playing && view.stage === 'ready' && !listening;
  const small = mini?.on === true && !full.on;
  return (
    <section
      ref={box}
      className={`${css.box} ${hidden ? css.still : ''} ${full.on ? css.full : ''} ${small ? css.mini : ''}`}
      aria-label={t('region', { title: props.title })}
      onPointerMove={stir}
      onFocus={stir}
    >
      {/* biome-ignore lint/a11y/useMediaCaption: captions are drawn by CaptionLayer when the author has made them. */}
      <video
        ref={video}
        className={css.video}
        playsInline
        disablePictureInPicture
        disableRemotePlayback
        tabIndex={-1}
        aria-label={props.title}
        onContextMenu={(event) => event.preventDefault()}
        onClick={(event) => {
          // A tap first brings the controls back; a click plays and stops.
          const touch = (event.nativeEvent as PointerEvent).pointerType === 'touch';
          if (touch && hidden) stir();
          else engine.toggle();
        }}
      />
      {listening && view.begun && (
        <div className={`${css.sound} ${css.listening}`} data-listening>
          <span className={css.poster} aria-hidden>
            {props.poster}
          </span>
          <IconHeadphones size={56} stroke={1.25} aria-hidden />
        </div>
      )}
      {!view.begun && !broken && (
        <button
          type="button"
          className={css.start}
          onClick={press}
          data-play
          aria-label={from >= 1 ? t('continueAt', { at: format.clock(from) }) : t('play')}
          {...(coming ? { 'aria-busy': true } : {})}
        >
          <span className={css.poster} aria-hidden>
            {props.poster}
          </span>
          {!coming && (
            <>
              <span className={css.big}>
                <IconPlayerPlayFilled size={30} aria-hidden />
              </span>
              <span className={css.startWord} dir="auto">
                {from >= 1 ? t('continueAt', { at: format.clock(from) }) : t('play')}
              </span>
            </>
          )}
        </button>
      )}
      {view.playback?.watermark && <Watermark text={view.playback.watermark} />}
      {sign && (
        <span className={css.sign} dir="auto">
          {sign}
        </span>
      )}
      {view.begun && <CaptionLayer captions={engine.captions} time={view.time} raised={!hidden && !broken} />}
      <Signs
        engine={engine}
        view={view}
        title={props.title}
        next={next}
        autoplay={autoplay}
        report={props.report}
      />
      {view.begun && !broken && (
        <Controls
          engine={engine}
          view={view}
          full={full}
          showKeys={() => setKeys(true)}
          compact={small}
          autoplay={next && autoplay}
        />
      )}
      {small && (
        <span className={css.miniBar}>
          <button
            type="button"
            className={css.press}
            aria-label={t('miniBack')}
            title={t('miniBack')}
            onClick={mini?.back}
          >
            <IconArrowsDiagonal size={20} stroke={1.75} aria-hidden />
          </button>
          <button
            type="button"
            className={css.press}
            aria-label={t('miniClose')}
            title={t('miniClose')}
            onClick={mini?.close}
          >
            <IconX size={20} stroke={1.75} aria-hidden />
          </button>
        </span>
      )}
      <span className="hidden" aria-live="polite" dir="auto">
        {sign ? t('speedIs', { rate: sign }) : ''}
      </span>
      <KeysDialog opened={keys} close={() => setKeys(false)} inside={full.on} />
    </section>
  );
}

/** Whether nothing has moved for a while; what has the focus of a keyboard keeps the controls. */
function useStillness(view: PlayerView, box: React.RefObject<HTMLDivElement | null>) {
  const [idle, setIdle] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stir = useCallback(() => {
    setIdle(false);
    clearTimeout(timer.current);
    const rest = () => {
      const focused = box.current?.querySelector('[data-controls] :focus-visible');
      const menu = box.current?.querySelector('[data-controls] [aria-expanded="true"]');
      if (focused || menu) timer.current = setTimeout(rest, STILL);
      else setIdle(true);
    };
    timer.current = setTimeout(rest, STILL);
  }, [box]);
  useEffect(() => {
    if (view.playing) stir();
    return () => clearTimeout(timer.current);
  }, [view.playing, stir]);
  return { idle, stir };
}

/** Whether the next lesson begins by itself; remembered. */
function useAutoplay() {
  const [on, setOn] = useState(() => readPrefs().autoplay);
  return useMemo(
    () => ({
      on,
      set: (next: boolean) => {
        keepPrefs({ autoplay: next });
        setOn(next);
      },
    }),
    [on],
  );
}

/** The keys of headphones and the lock screen of a phone, as long as it plays. */
function useMediaSession(engine: Engine, title: string, begun: boolean): void {
  useEffect(() => {
    const media = navigator.mediaSession;
    if (!media || !begun) return;
    const acts: [MediaSessionAction, MediaSessionActionHandler][] = [
      ['play', () => engine.toggle()],
      ['pause', () => engine.pause()],
      ['seekbackward', () => engine.seek(engine.view().time - 10)],
      ['seekforward', () => engine.seek(engine.view().time + 10)],
      ['seekto', ({ seekTime }) => seekTime !== undefined && engine.seek(seekTime)],
    ];
    if (typeof MediaMetadata !== 'undefined') media.metadata = new MediaMetadata({ title });
    const set = (hear: boolean) => {
      for (const [name, act] of acts) {
        try {
          media.setActionHandler(name, hear ? act : null);
        } catch {
          // A browser that does not know this action.
        }
      }
    };
    set(true);
    return () => {
      set(false);
      media.metadata = null;
    };
  }, [engine, title, begun]);
}

export type Fullscreen = { on: boolean; toggle: () => void };

function useFullscreen(
  screen: React.RefObject<HTMLElement | null>,
  video: React.RefObject<HTMLVideoElement | null>,
): Fullscreen {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const hear = () =>
      setOn(document.fullscreenElement !== null && document.fullscreenElement === screen.current);
    // The lesson before may have left it on.
    hear();
    document.addEventListener('fullscreenchange', hear);
    return () => document.removeEventListener('fullscreenchange', hear);
  }, [screen]);
  const toggle = useCallback(() => {
    if (document.fullscreenElement) return void document.exitFullscreen();
    // Phones of Apple have no full screen but that of the video itself.
    const bare = video.current as (HTMLVideoElement & { webkitEnterFullscreen?: () => void }) | null;
    if (screen.current?.requestFullscreen) void screen.current.requestFullscreen().catch(() => undefined);
    else bare?.webkitEnterFullscreen?.();
  }, [screen, video]);
  return useMemo(() => ({ on, toggle }), [on, toggle]);
}

/** The words for a value that has just changed, for a moment; not for the value it began with. */
function useSign(value: number, words: string): string | undefined {
  const [shown, setShown] = useState<string | undefined>(undefined);
  const before = useRef(value);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    setShown(words);
    const timer = setTimeout(() => setShown(undefined), SIGN);
    return () => clearTimeout(timer);
  }, [value, words]);
  return shown;
}
