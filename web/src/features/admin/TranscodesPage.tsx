// `/admin/transcodes`: all videos and the work on them, with age, attempts, log, and what an admin can do.
import { Button, SegmentedControl, Select, Skeleton } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { meQuery, useSession } from '~/features/identity/session';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, Forbidden, SignInFirst, State } from '~/ui/State';
import { Status } from '~/ui/Status';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { phone, useMedia } from '~/ui/useMedia';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { type Filter, filters, isAdmin } from './filters';
import { TranscodeDrawer } from './TranscodeDrawer';
import css from './Transcodes.module.css';
import { type Transcode, transcodesQuery } from './transcodes';
import { useFailure } from './useFailure';

const route = getRouteApi('/admin/transcodes');

export function TranscodesPage() {
  const { t } = useTranslation('admin');
  const { state } = useSession();
  const me = useQuery({ ...meQuery, enabled: state === 'user' });
  useTitle(t('transcodes'));
  if (state === 'guest') return <SignInFirst page />;
  if (me.isError && !me.data) return <Failed page error={me.error} retry={() => void me.refetch()} />;
  if (!me.data) return <div className={`page ${css.page}`} aria-busy="true" />;
  // The server refuses it too; this only says so at once.
  if (!isAdmin(me.data.roles)) return <Forbidden page />;
  return <Page />;
}

function Page() {
  const { t } = useTranslation(['admin', 'common']);
  const errorText = useErrorText();
  const small = useMedia(phone);
  const navigate = useNavigate();
  const { show = 'all', video } = route.useSearch();
  const list = useInfiniteQuery(transcodesQuery(show));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const go = (search: { show?: Filter; video?: string }) =>
    void navigate({ to: '/admin/transcodes', search, replace: true });
  const narrowed = show === 'all' ? {} : { show };
  const data = filters.map((value) => ({ value, label: t(`filter.${value}`) }));
  return (
    <div className={`page ${css.page}`}>
      <h1 className="work">{t('transcodes')}</h1>
      {small ? (
        <Select
          aria-label={t('show')}
          data={data}
          value={show}
          allowDeselect={false}
          onChange={(value) => go(value && value !== 'all' ? { show: value as Filter } : {})}
        />
      ) : (
        <SegmentedControl
          aria-label={t('show')}
          data={data}
          value={show}
          onChange={(value) => go(value === 'all' ? {} : { show: value as Filter })}
        />
      )}
      {list.isError && !list.data ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Waiting
          pending={list.isPending}
          skeleton={<Skeleton height={280} radius="md" />}
          label={t('loading')}
        >
          {list.isError && <Note tone="warn">{errorText(list.error)}</Note>}
          {items.length === 0 ? (
            <State
              icon={<IconListCheck size={28} stroke={1.5} />}
              title={t(show === 'all' ? 'none' : 'noneHere')}
              action={
                show !== 'all' && (
                  <Button variant="default" onClick={() => go({})}>
                    {t('showAll')}
                  </Button>
                )
              }
            />
          ) : (
            <ul className={css.list}>
              {items.map((item) => (
                <Row key={item.video_id} item={item} open={() => go({ ...narrowed, video: item.video_id })} />
              ))}
            </ul>
          )}
        </Waiting>
      )}
      <More of={list} />
      {video && <TranscodeDrawer id={video} close={() => go(narrowed)} />}
    </div>
  );
}

function Row({ item, open }: { item: Transcode; open: () => void }) {
  const { t } = useTranslation(['admin', 'common']);
  const format = useFormat();
  const failure = useFailure();
  const facts = [
    item.author.name || t('nobody'),
    t('age', { span: format.span(item.age_s) }),
    item.waiting_s === null ? '' : t('waits', { span: format.span(item.waiting_s) }),
    item.queue_position === null
      ? ''
      : item.queue_position === 0
        ? t('isNext')
        : t('before', { count: item.queue_position, value: format.number(item.queue_position) }),
    item.attempts > 0 ? t('attempts', { count: item.attempts, value: format.number(item.attempts) }) : '',
    item.speed ? t('speed', { speed: format.number(item.speed) }) : '',
    item.priority === 'first' ? t('isFirst') : '',
  ].filter(Boolean);
  const works = item.state === 'transcoding' || item.state === 'probing';
  return (
    <li>
      <button type="button" className={css.row} onClick={open}>
        <span className={css.name}>
          <span className="medium clip">
            <bdi>{item.file_name}</bdi>
          </span>
          <span className="small mut">
            {facts.map((fact, index) => (
              <span key={fact}>
                {index > 0 && ' · '}
                <bdi>{fact}</bdi>
              </span>
            ))}
          </span>
          {item.error && <span className={`small ${css.bad}`}>{failure(item.error)}</span>}
        </span>
        <Status of="video" state={item.state}>
          {works ? (
            <>
              {t(`common:status.${item.state}`)} <bdi>{format.percent(item.percent)}</bdi>
            </>
          ) : undefined}
        </Status>
      </button>
    </li>
  );
}
