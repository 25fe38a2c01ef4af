// What the player says over the picture: waiting, stopped, taken over by another device, next lesson in five.
import { Loader } from '@mantine/core';
import { IconCloudOff, IconDeviceTvOff, IconWifiOff } from '@tabler/icons-react';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { goesOn, secondsLeft } from './countdown';
import type { Engine, PlayerView } from './engine';
import css from './Player.module.css';

type Props = {
  engine: Engine;
  view: PlayerView;
  title: string;
  next: { title: string; go: () => void } | undefined;
  autoplay: { on: boolean; set: (on: boolean) => void };
  /** Tells a person about the failure: where it stopped, and why. */
  report?: ((second: number, why: string) => void) | undefined;
};

export function Signs({ engine, view, next, autoplay, report }: Props) {
  const { t } = useTranslation(['player', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  if (view.stage === 'failed') {
    const lower = lowerRung(view);
    const offline = !navigator.onLine;
    const why = isApiError(view.error) ? errorText(view.error) : t(offline ? 'streamOffline' : 'streamLost');
    return (
      <Sign
        alert
        icon={offline ? <IconWifiOff size={32} stroke={1.5} /> : <IconCloudOff size={32} stroke={1.5} />}
        title={view.time > 0 ? t('stoppedAt', { at: format.clock(view.time) }) : t('notStarted')}
        actions={
          <>
            <button type="button" className={css.white} onClick={() => void engine.restart()}>
              {t('common:retry')}
            </button>
            {lower && (
              <button type="button" className={css.grey} onClick={() => void engine.restart(lower.height)}>
                {lower.height > 0 ? t('useLower', { quality: `${lower.height}p` }) : t('soundOnly')}
              </button>
            )}
            {report && !offline && (
              <button type="button" className={css.grey} onClick={() => report(view.time, why)}>
                {t('report')}
              </button>
            )}
          </>
        }
      >
        {why}
      </Sign>
    );
  }
  if (view.stage === 'replaced') {
    return (
      <Sign
        alert
        icon={<IconDeviceTvOff size={32} stroke={1.5} />}
        title={t('elsewhere')}
        actions={
          <button type="button" className={css.white} onClick={() => void engine.restart()}>
            {t('here')}
          </button>
        }
      >
        {t('elsewhereText')}
      </Sign>
    );
  }
  if (view.ended && next) return <Next {...next} autoplay={autoplay} key={next.title} />;
  const coming = view.stage === 'starting' || (view.stage === 'ready' && view.playing && !view.begun);
  if (coming || (view.stage === 'ready' && view.stalled && !view.ended)) return <Wait />;
  return null;
}

/** The rung below the one that played last. */
function lowerRung(view: PlayerView) {
  const { height } = view;
  return height === undefined ? undefined : view.rungs.find((rung) => rung.height < height);
}

function Sign({
  icon,
  title,
  children,
  actions,
  alert = false,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  actions: ReactNode;
  alert?: boolean;
}) {
  return (
    <div className={css.over} {...(alert ? { role: 'alert' } : {})} dir="auto">
      {icon && <span aria-hidden>{icon}</span>}
      <b className={css.overTitle}>{title}</b>
      {children && <span className={css.overText}>{children}</span>}
      <span className={css.overActions}>{actions}</span>
    </div>
  );
}

/** A spinner that appears only when the wait is felt. */
function Wait() {
  const { t } = useTranslation('player');
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 400);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={css.wait} role="status">
      {shown && <Loader color="white" size={40} aria-hidden />}
      <span className="hidden">{shown ? t('waiting') : ''}</span>
    </div>
  );
}

/** Milliseconds in which one can still stay. */
const COUNT = 5_000;

type NextProps = { title: string; go: () => void; autoplay: Props['autoplay'] };

function Next({ title, go, autoplay }: NextProps) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const [stays, setStays] = useState(false);
  const [end, setEnd] = useState(() => performance.now() + COUNT);
  const [left, setLeft] = useState(() => secondsLeft(end, performance.now()));
  const counts = goesOn(autoplay.on, true, stays, true);
  useEffect(() => {
    if (!counts) return;
    const timer = setInterval(() => {
      const now = secondsLeft(end, performance.now());
      setLeft(now);
      if (now > 0) return;
      clearInterval(timer);
      go();
    }, 250);
    return () => clearInterval(timer);
  }, [counts, end, go]);
  const stay = useCallback(() => setStays(true), []);
  useEffect(() => {
    // Escape stays, wherever the focus is.
    const hear = (event: KeyboardEvent) => event.key === 'Escape' && stay();
    document.addEventListener('keydown', hear);
    return () => document.removeEventListener('keydown', hear);
  }, [stay]);
  return (
    <div className={css.over} dir="auto" data-next>
      <span className={css.overText} role="timer" aria-live="off">
        {counts ? t('nextIn', { count: format.number(left) }) : t('next')}
      </span>
      <b className={css.overTitle}>
        <bdi>{title}</bdi>
      </b>
      <span className={css.overActions}>
        {counts && (
          <button type="button" className={css.grey} onClick={stay}>
            {t('stay')}
          </button>
        )}
        <button type="button" className={css.white} onClick={go}>
          {t('playNow')}
        </button>
      </span>
      <label className={css.autoplay}>
        <input
          type="checkbox"
          checked={autoplay.on}
          onChange={(event) => {
            const on = event.currentTarget.checked;
            autoplay.set(on);
            setStays(!on);
            if (on) setEnd(performance.now() + COUNT);
          }}
        />
        {t('autoplay')}
      </label>
      <span className="hidden" role="status">
        {counts ? t('nextSoon', { title }) : ''}
      </span>
    </div>
  );
}
