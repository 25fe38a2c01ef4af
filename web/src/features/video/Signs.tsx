// What the player says over the picture: waiting, stopped, taken over by another device, next lesson in five.
import { Loader } from '@mantine/core';
import { IconCloudOff, IconDeviceTvOff } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import type { Engine, PlayerView } from './engine';
import css from './Player.module.css';

type Props = {
  engine: Engine;
  view: PlayerView;
  title: string;
  next: { title: string; go: () => void } | undefined;
};

export function Signs({ engine, view, next }: Props) {
  const { t } = useTranslation(['player', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  if (view.stage === 'failed') {
    const lower = lowerRung(view);
    return (
      <Sign
        alert
        icon={<IconCloudOff size={32} stroke={1.5} />}
        title={view.time > 0 ? t('stoppedAt', { at: format.clock(view.time) }) : t('notStarted')}
        actions={
          <>
            <button type="button" className={css.white} onClick={() => void engine.restart()}>
              {t('common:retry')}
            </button>
            {lower && (
              <button
                type="button"
                className={css.grey}
                onClick={() => void engine.restart().then(() => engine.choose(lower.index))}
              >
                {t('useLower', { quality: `${lower.height}p` })}
              </button>
            )}
          </>
        }
      >
        {isApiError(view.error) ? errorText(view.error) : t('streamLost')}
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
  if (view.ended && next) return <Next {...next} key={next.title} />;
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

const COUNT = 5;

function Next({ title, go }: { title: string; go: () => void }) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const [left, setLeft] = useState<number | undefined>(COUNT);
  useEffect(() => {
    if (left === undefined) return;
    if (left === 0) return go();
    const timer = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(timer);
  }, [left, go]);
  return (
    <div className={css.over} dir="auto">
      <span className={css.overText} role="timer" aria-live="off">
        {left === undefined ? t('next') : t('nextIn', { count: format.number(left) })}
      </span>
      <b className={css.overTitle}>
        <bdi>{title}</bdi>
      </b>
      <span className={css.overActions}>
        {left !== undefined && (
          <button type="button" className={css.grey} onClick={() => setLeft(undefined)}>
            {t('stay')}
          </button>
        )}
        <button type="button" className={css.white} onClick={go}>
          {t('playNow')}
        </button>
      </span>
    </div>
  );
}
