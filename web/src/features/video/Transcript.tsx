// What is said in the video as text: it follows the playback, is searched, and each line leads to its moment.
import { Button, NativeSelect, Skeleton, TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import { useCaptions } from './CaptionLayer';
import { type Cue, cueIndexAt, searchCues } from './cues';
import type { Engine } from './engine';
import css from './Transcript.module.css';
import { useEngine } from './useEngine';

type Props = { engine: Engine; close?: (() => void) | undefined };

export function Transcript({ engine, close }: Props) {
  const { t } = useTranslation(['player', 'common']);
  const format = useFormat();
  const { captions } = engine;
  const view = useCaptions(captions);
  const playing = useEngine(engine, ({ playback }) => playback !== undefined);
  const [wanted, setWanted] = useState('');
  const list = useRef<HTMLOListElement>(null);
  /** Whether the list goes along with the playback: not after somebody has scrolled it. */
  const [follows, setFollows] = useState(true);
  useEffect(() => captions.read(), [captions]);
  const found = useMemo(() => searchCues(view.cues, wanted), [view.cues, wanted]);
  const searching = wanted.trim() !== '';
  const shown = useMemo(() => {
    const all = view.cues.map((cue, index) => ({ cue, index }));
    return searching ? found.flatMap((index) => all[index] ?? []) : all;
  }, [view.cues, searching, found]);
  const now =
    useEngine(engine, ({ time, begun }) => (begun ? cueIndexAt(engine.captions.view().cues, time) : -1)) ??
    -1;

  useEffect(() => {
    const box = list.current;
    const line = box?.querySelector<HTMLElement>(`[data-cue="${now}"]`);
    if (!follows || searching || !box || !line) return;
    // Only the list scrolls: the page stays where its reader is.
    box.scrollTo({ top: line.offsetTop - box.clientHeight / 3 });
  }, [now, follows, searching]);

  const go = useCallback(
    (second: number) => {
      if (engine.view().stage === 'ready') engine.seek(second);
      else void engine.start(second);
      setFollows(true);
    },
    [engine],
  );

  return (
    <section className={css.transcript} aria-label={t('transcript.title')} data-transcript>
      <div className={css.head}>
        <h2>{t('transcript.title')}</h2>
        {view.tracks.length > 1 && (
          <NativeSelect
            size="xs"
            aria-label={t('transcript.language')}
            value={view.language ?? ''}
            onChange={(event) => captions.language(event.currentTarget.value)}
            data={view.tracks.map((track) => ({ value: track.language, label: track.label }))}
          />
        )}
        {close && (
          <button
            type="button"
            className={css.icon}
            aria-label={t('transcript.close')}
            title={t('transcript.close')}
            onClick={close}
          >
            <IconX size={18} stroke={1.75} aria-hidden />
          </button>
        )}
      </div>
      {view.state === 'none' ? (
        <p className="small mut">{playing ? t('transcript.none') : t('transcript.waits')}</p>
      ) : view.state === 'failed' ? (
        <Note tone="bad">
          {t('transcript.failed')}{' '}
          <Button size="xs" variant="default" onClick={() => captions.retry()}>
            {t('common:retry')}
          </Button>
        </Note>
      ) : view.state !== 'ready' ? (
        <div aria-busy="true">
          <span className="hidden" role="status">
            {t('common:loading')}
          </span>
          {[80, 95, 60, 88].map((width) => (
            <Skeleton key={width} height={16} width={`${width}%`} mb={12} />
          ))}
        </div>
      ) : (
        <>
          <TextInput
            size="sm"
            type="search"
            {...asTyped(wanted)}
            aria-label={t('transcript.search')}
            placeholder={t('transcript.search')}
            leftSection={<IconSearch size={16} stroke={1.75} aria-hidden />}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
          <p className={searching ? 'micro mut' : 'hidden'} role="status">
            {searching &&
              (found.length === 0
                ? t('transcript.nothing')
                : t('transcript.found', { count: found.length, value: format.number(found.length) }))}
          </p>
          <ol
            className={css.lines}
            ref={list}
            lang={view.language}
            onWheel={() => setFollows(false)}
            onTouchMove={() => setFollows(false)}
          >
            {shown.map(({ cue, index }) => (
              <Line key={`${cue.from} ${index}`} cue={cue} index={index} now={index === now} go={go} />
            ))}
          </ol>
          {!follows && !searching && (
            <button type="button" className={`link small ${css.follow}`} onClick={() => setFollows(true)}>
              {t('transcript.follow')}
            </button>
          )}
        </>
      )}
    </section>
  );
}

type LineProps = { cue: Cue; index: number; now: boolean; go: (second: number) => void };

/** Of hundreds only two change with each sentence. */
const Line = memo(function Line({ cue, index, now, go }: LineProps) {
  const format = useFormat();
  return (
    <li data-cue={index}>
      <button
        type="button"
        className={now ? css.now : ''}
        {...(now ? { 'aria-current': 'true' as const } : {})}
        onClick={() => go(cue.from)}
      >
        <bdi className={css.time}>{format.clock(cue.from)}</bdi>
        <span dir="auto">{cue.text.replaceAll('\n', ' ')}</span>
      </button>
    </li>
  );
});
