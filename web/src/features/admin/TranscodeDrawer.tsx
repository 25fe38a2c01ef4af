// One video for an admin: what can be done about it, every attempt with its outcome and log, what the file is.
import { Button, Drawer, Skeleton } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { Failed } from '~/ui/State';
import { Status, Tag } from '~/ui/Status';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { When } from '~/ui/When';
import { type Deed, deedsFor } from './filters';
import css from './Transcodes.module.css';
import { type Run, steer, type TranscodeDetail, transcodeQuery } from './transcodes';
import { useFailure } from './useFailure';

export function TranscodeDrawer({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation(['admin', 'common']);
  const one = useQuery(transcodeQuery(id));
  return (
    <Drawer.Root opened onClose={close} position="right" size="lg">
      <Drawer.Overlay />
      <Drawer.Content>
        <div className={css.drawerHead}>
          <Drawer.Title className="grow">
            <bdi className="medium">{one.data?.file_name ?? t('transcodes')}</bdi>
          </Drawer.Title>
          <Drawer.CloseButton aria-label={t('common:close')} />
        </div>
        <Drawer.Body>
          {one.isError && !one.data ? (
            <Failed error={one.error} retry={() => void one.refetch()} />
          ) : one.data ? (
            <Detail one={one.data} />
          ) : (
            <div aria-busy="true">
              <span className="hidden" role="status">
                {t('common:loading')}
              </span>
              <Skeleton height={200} />
            </div>
          )}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Detail({ one }: { one: TranscodeDetail }) {
  const { t } = useTranslation('admin');
  const format = useFormat();
  const errorText = useErrorText();
  const failure = useFailure();
  const act = useMutation({
    mutationFn: (deed: Deed) => steer(one.video_id, deed),
    onSuccess: (_nothing, deed) => toast({ text: t(`deedDone.${deed}`) }),
  });
  const facts: [string, string][] = [
    [t('fact.author'), one.author.name || t('nobody')],
    [t('fact.size'), format.size(one.size)],
    [t('fact.length'), one.duration_s === null ? t('unknown') : format.clock(one.duration_s)],
    [t('fact.age'), format.span(one.age_s)],
    ...(one.waiting_s === null ? [] : [[t('fact.waiting'), format.span(one.waiting_s)] as [string, string]]),
    ...(one.worker ? [[t('fact.worker'), one.worker] as [string, string]] : []),
    ...(one.lease_until ? [[t('fact.lease'), format.dateTime(one.lease_until)] as [string, string]] : []),
  ];
  return (
    <div className={css.detail}>
      <div className={css.deeds}>
        <Status of="video" state={one.state} />
        <span className="grow" />
        {deedsFor(one).map((deed) => (
          <Button
            key={deed}
            size="xs"
            variant="default"
            loading={act.isPending && act.variables === deed}
            onClick={() => act.mutate(deed)}
          >
            {t(`deed.${deed}`)}
          </Button>
        ))}
      </div>
      {act.isError && <Note tone="bad">{errorText(act.error)}</Note>}
      {one.error && (
        <Note tone="bad">
          {failure(one.error)}{' '}
          <span className="small" lang="en" dir="ltr">
            ({one.error.code})
          </span>
        </Note>
      )}
      <dl className={css.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      <h3>{t('runs')}</h3>
      {one.runs.length === 0 && <p className="small mut">{t('noRuns')}</p>}
      <ol className={css.runs}>
        {[...one.runs].reverse().map((run) => (
          <Attempt key={run.attempt} run={run} />
        ))}
      </ol>
      {one.probe !== null && (
        <details className={css.more}>
          <summary>{t('probe')}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too. */}
          <pre className={css.log} dir="ltr" lang="en" tabIndex={0}>
            {JSON.stringify(one.probe, null, 2)}
          </pre>
        </details>
      )}
    </div>
  );
}

const tones = { ready: 'ok', failed: 'bad', lost: 'warn', cancelled: 'grey', released: 'grey' } as const;
const isOutcome = (name: string | null): name is keyof typeof tones => name !== null && name in tones;

function Attempt({ run }: { run: Run }) {
  const { t } = useTranslation('admin');
  const format = useFormat();
  const failure = useFailure();
  const [open, setOpen] = useState(false);
  const used = [
    run.cpu_s === null ? '' : t('cpu', { value: format.number(run.cpu_s) }),
    run.peak_mib === null ? '' : t('memory', { value: format.size(run.peak_mib * 1024 * 1024) }),
  ].filter(Boolean);
  return (
    <li>
      <div className={css.deeds}>
        <span className="medium">{t('attempt', { number: format.number(run.attempt) })}</span>
        {isOutcome(run.outcome) ? (
          <Tag tone={tones[run.outcome]}>{t(`outcome.${run.outcome}`)}</Tag>
        ) : (
          <Tag tone="info">{run.outcome ?? t('outcome.running')}</Tag>
        )}
        <span className="grow" />
        <span className="small mut">
          <When at={run.started_at} as="full" />
        </span>
      </div>
      {run.error && <p className={`small ${css.bad}`}>{failure(run.error)}</p>}
      {used.length > 0 && <p className="small mut">{used.join(' · ')}</p>}
      {run.log ? (
        <details className={css.more} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{t('log')}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too. */}
          <pre className={css.log} dir="ltr" lang="en" tabIndex={0}>
            {open ? run.log : ''}
          </pre>
        </details>
      ) : (
        <p className="small mut">{t('noLog')}</p>
      )}
    </li>
  );
}
