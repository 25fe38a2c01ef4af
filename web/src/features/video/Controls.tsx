// The bar at the foot of the picture: place, play, loudness, time, speed, quality, captions, full screen.
import { Menu } from '@mantine/core';
import {
  IconBadgeCc,
  IconCheck,
  IconKeyboard,
  IconListDetails,
  IconMaximize,
  IconMinimize,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRewindBackward10,
  IconRewindForward10,
  IconSettings,
  IconVolume,
  IconVolume2,
  IconVolume3,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '~/ui/useFormat';
import { phone, useMedia } from '~/ui/useMedia';
import { useCaptions } from './CaptionLayer';
import { chapterAt } from './chapters';
import type { Engine, PlayerView } from './engine';
import { rates } from './keys';
import type { Fullscreen } from './Player';
import css from './Player.module.css';
import { captionSizes } from './prefs';
import { rungText } from './rungs';
import { SeekBar } from './SeekBar';

type Props = {
  engine: Engine;
  view: PlayerView;
  full: Fullscreen;
  showKeys: () => void;
  /** In the corner of the page: only what fits there. */
  compact: boolean;
  /** Whether the next lesson begins by itself; absent where there is none. */
  autoplay?: { on: boolean; set: (on: boolean) => void } | undefined;
};

const icon = { size: 22, stroke: 1.75, 'aria-hidden': true } as const;

export function Controls({ engine, view, full, showKeys, compact, autoplay }: Props) {
  const { t } = useTranslation('player');
  const format = useFormat();
  const small = useMedia(phone);
  const loud = view.muted || view.volume === 0 ? IconVolume3 : view.volume < 0.5 ? IconVolume2 : IconVolume;
  const Loud = loud;
  const rateText = (rate: number) => `${format.number(rate, 2)}×`;
  const speed: Group = {
    label: t('speed'),
    shown: rateText(view.rate),
    items: rates.map((rate) => ({
      key: String(rate),
      text: rateText(rate),
      on: rate === view.rate,
      pick: () => engine.setRate(rate),
    })),
  };
  const quality: Group | undefined =
    view.rungs.length === 0
      ? undefined
      : {
          label: t('quality'),
          shown: qualityText(view, t('auto'), t('soundOnly')),
          items: [
            {
              key: 'auto',
              text: view.chosen === -1 && view.height ? `${t('auto')} (${view.height}p)` : t('auto'),
              on: view.chosen === -1,
              pick: () => engine.choose(-1),
            },
            ...view.rungs.map((rung) => ({
              key: String(rung.index),
              text: rungText(rung, t('soundOnly')),
              on: rung.index === view.chosen,
              pick: () => engine.choose(rung.index),
            })),
          ],
        };
  const captions = useCaptions(engine.captions);
  const language: Group | undefined =
    captions.tracks.length === 0
      ? undefined
      : {
          label: t('captions'),
          shown: '',
          items: [
            { key: 'off', text: t('off'), on: !captions.on, pick: () => engine.captions.choose(undefined) },
            ...captions.tracks.map((track) => ({
              key: track.language,
              text: track.label,
              on: captions.on && track.language === captions.language,
              pick: () => engine.captions.choose(track.language),
            })),
          ],
        };
  const size: Group | undefined = language && {
    label: t('captionSize'),
    shown: '',
    items: captionSizes.map((percent) => ({
      key: String(percent),
      text: t(`size.${percent}`),
      on: percent === captions.size,
      pick: () => engine.captions.resize(percent),
    })),
  };
  const after: Group | undefined = autoplay && {
    label: t('autoplay'),
    shown: '',
    items: [
      { key: 'on', text: t('on'), on: autoplay.on, pick: () => autoplay.set(true) },
      { key: 'off', text: t('off'), on: !autoplay.on, pick: () => autoplay.set(false) },
    ],
  };
  const rest = [language, size, after].filter((group) => group !== undefined);
  const gear = small ? [speed, ...(quality ? [quality] : []), ...rest] : rest;
  const chapters = view.playback?.chapters ?? [];
  const here = chapterAt(chapters, view.time);
  const chapter: Group | undefined =
    chapters.length === 0
      ? undefined
      : {
          label: t('chapters'),
          shown: chapters[here]?.title ?? t('chapters'),
          items: chapters.map((item, index) => ({
            key: String(index),
            text: item.title,
            before: format.clock(item.start_s),
            on: index === here,
            pick: () => engine.seek(item.start_s),
          })),
        };
  return (
    <div className={css.controls} data-controls>
      <SeekBar engine={engine} view={view} />
      <div className={css.buttons}>
        <Press label={view.playing ? t('pause') : t('play')} press={() => engine.toggle()} name="toggle">
          {view.playing ? (
            <IconPlayerPauseFilled size={22} aria-hidden />
          ) : (
            <IconPlayerPlayFilled size={22} aria-hidden />
          )}
        </Press>
        <Press label={t('back10')} press={() => engine.seek(view.time - 10)} wide>
          <IconRewindBackward10 {...icon} />
        </Press>
        <Press label={t('forward10')} press={() => engine.seek(view.time + 10)} wide>
          <IconRewindForward10 {...icon} />
        </Press>
        <span className={css.loud}>
          <Press label={view.muted ? t('unmute') : t('mute')} press={() => engine.toggleMute()}>
            <Loud {...icon} />
          </Press>
          <input
            type="range"
            className={`${css.volume} ${css.wide}`}
            min={0}
            max={1}
            step={0.05}
            value={view.muted ? 0 : view.volume}
            aria-label={t('volume')}
            aria-valuetext={format.percent((view.muted ? 0 : view.volume) * 100)}
            onChange={(event) => engine.setVolume(Number(event.currentTarget.value))}
          />
        </span>
        <span className={css.times}>
          <bdi>{format.clock(view.time)}</bdi>
          <span className={css.dim}>
            {' / '}
            <bdi>{format.clock(view.duration)}</bdi>
          </span>
        </span>
        {view.playback?.growing && (
          <span className={`${css.dim} ${css.wide} clip`} dir="auto">
            {t('growing')}
          </span>
        )}
        {chapter && !compact && (
          <Choice full={full} groups={[chapter]} label={t('chapters')}>
            {small ? (
              <IconListDetails {...icon} />
            ) : (
              <span dir="auto" className={css.chapter}>
                {chapter.shown}
              </span>
            )}
          </Choice>
        )}
        <span className="grow" />
        {!small &&
          !compact &&
          [speed, quality].map(
            (group) =>
              group && (
                <Choice key={group.label} full={full} groups={[group]} label={group.label}>
                  <span dir="auto">{group.shown}</span>
                </Choice>
              ),
          )}
        {language && (
          <Press
            label={t('captions')}
            press={() => engine.captions.toggle()}
            pressed={captions.on}
            name="captions"
          >
            <IconBadgeCc {...icon} />
          </Press>
        )}
        {gear.length > 0 && !compact && (
          <Choice full={full} groups={gear} label={t('settings')} settings>
            <IconSettings {...icon} />
          </Choice>
        )}
        <Press label={t('keys')} press={showKeys} wide>
          <IconKeyboard {...icon} />
        </Press>
        <Press label={full.on ? t('exitFull') : t('full')} press={full.toggle}>
          {full.on ? <IconMinimize {...icon} /> : <IconMaximize {...icon} />}
        </Press>
      </div>
    </div>
  );
}

const qualityText = (view: PlayerView, auto: string, sound: string): string => {
  const rung = view.rungs.find((item) => item.index === view.chosen);
  if (rung) return rungText(rung, sound);
  return view.height ? `${auto} · ${view.height}p` : auto;
};

type PressProps = {
  label: string;
  press: () => void;
  children: ReactNode;
  wide?: boolean;
  pressed?: boolean;
  name?: string;
};

function Press({ label, press, children, wide = false, pressed, name }: PressProps) {
  return (
    <button
      type="button"
      className={`${css.press} ${wide ? css.wide : ''}`}
      aria-label={label}
      title={label}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      {...(name ? { 'data-control': name } : {})}
      onClick={press}
    >
      {children}
    </button>
  );
}

type Group = {
  label: string;
  shown: string;
  items: { key: string; text: string; before?: string; on: boolean; pick: () => void }[];
};

type ChoiceProps = {
  full: Fullscreen;
  groups: Group[];
  label: string;
  children: ReactNode;
  settings?: boolean;
};

/** A menu of one choice, or of several under their names (the gear on a phone). */
function Choice({ full, groups, label, children, settings = false }: ChoiceProps) {
  const named = groups.length > 1 || settings;
  return (
    // In full screen inside the player, else it would not be seen; else outside, where a small picture does not cut it.
    <Menu position="top" withinPortal={!full.on} offset={10} shadow="md" returnFocus>
      <Menu.Target>
        <button type="button" className={css.press} title={label}>
          <span className="hidden" dir="auto">
            {label}
            {': '}
          </span>
          {children}
        </button>
      </Menu.Target>
      <Menu.Dropdown className={css.menu ?? ''} aria-label={label}>
        {groups.map((group) => (
          <div key={group.label}>
            {named && (
              <Menu.Label className={css.menuLabel ?? ''} dir="auto">
                {group.label}
              </Menu.Label>
            )}
            <Menu.RadioGroup
              value={group.items.find((item) => item.on)?.key ?? null}
              aria-label={group.label}
            >
              {group.items.map((item) => (
                <Menu.RadioItem
                  key={item.key}
                  value={item.key}
                  className={css.item ?? ''}
                  checkIcon={<IconCheck size={16} aria-hidden />}
                  closeMenuOnClick
                  onChange={item.pick}
                >
                  {item.before && <bdi className={css.dim}>{item.before} </bdi>}
                  <span dir="auto">{item.text}</span>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </div>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
