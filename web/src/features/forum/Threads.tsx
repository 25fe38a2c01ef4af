// The threads of a lesson or of a forum: search, which have their answer, a new one.
import { Button, SegmentedControl, Skeleton, TextInput } from '@mantine/core';
import { IconCheck, IconLock, IconMessageQuestion, IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Initials } from '~/ui/Initials';
import { More } from '~/ui/More';
import { Note } from '~/ui/Note';
import { Failed, State } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { useTyped } from '~/ui/useTyped';
import { Waiting } from '~/ui/Waiting';
import { When } from '~/ui/When';
import { type Place, type Thread, type ThreadFilter, type ThreadState, threadStates } from './contract';
import css from './Forum.module.css';
import { threadsQuery } from './queries';

type Props = {
  place: Place;
  filter: ThreadFilter;
  narrow: (filter: ThreadFilter) => void;
  /** Makes a row the way into its thread. */
  into: (thread: Thread, inside: ReactNode, className: string) => ReactNode;
  ask: () => void;
};

export function Threads({ place, filter, narrow, into, ask }: Props) {
  const { t } = useTranslation(['forum', 'common']);
  const errorText = useErrorText();
  const list = useInfiniteQuery({ ...threadsQuery(place, filter), placeholderData: keepPreviousData });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const { q, state = 'all' } = filter;
  const narrowed = q !== undefined || state !== 'all';
  return (
    <div className={css.threads}>
      <div className={css.tools}>
        <Find q={q ?? ''} set={(text) => narrow({ ...filter, q: text || undefined })} />
        <SegmentedControl
          aria-label={t('show')}
          data={threadStates.map((value) => ({ value, label: t(`state.${value}`) }))}
          value={state}
          onChange={(value) => narrow({ ...filter, state: value as ThreadState })}
        />
        <Button leftSection={<IconPlus size={18} stroke={1.75} aria-hidden />} onClick={ask}>
          {t(`new.${place.kind}`)}
        </Button>
      </div>
      {list.isError && !list.data ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Waiting
          pending={list.isPending}
          skeleton={<Skeleton height={240} radius="md" />}
          label={t('loading')}
        >
          {list.isError && <Note tone="warn">{errorText(list.error)}</Note>}
          {items.length === 0 ? (
            <State
              icon={<IconMessageQuestion size={28} stroke={1.5} />}
              title={t(narrowed ? 'none.found' : `none.${place.kind}`)}
              action={
                narrowed && (
                  <Button variant="default" onClick={() => narrow({})}>
                    {t('none.clear')}
                  </Button>
                )
              }
            >
              {narrowed ? undefined : t(`none.${place.kind}Text`)}
            </State>
          ) : (
            <ul className={css.list}>
              {items.map((thread) => (
                <li key={thread.room_id}>{into(thread, <Row thread={thread} />, css.row ?? '')}</li>
              ))}
            </ul>
          )}
        </Waiting>
      )}
      <More of={list} />
    </div>
  );
}

function Row({ thread }: { thread: Thread }) {
  const { t } = useTranslation('forum');
  const format = useFormat();
  const unread = thread.unread > 99 ? `${format.number(99)}+` : format.number(thread.unread);
  return (
    <>
      <Initials name={thread.opener.name} id={thread.opener.id} />
      <span className={css.rowText}>
        <span className={`two-lines ${css.rowTitle}`}>
          <bdi>{thread.title}</bdi>
        </span>
        <span className={`meta mut ${css.facts}`}>
          <bdi>{thread.opener.name}</bdi>
          <span>{t('replies', { count: thread.replies, value: format.number(thread.replies) })}</span>
          <When at={thread.active_at} />
          {thread.at && <span>{t('atVideo', { at: format.clock(thread.at.second) })}</span>}
        </span>
      </span>
      <span className={css.signs}>
        {thread.unread > 0 && <Tag tone="info">{t('unread', { count: thread.unread, value: unread })}</Tag>}
        {thread.answered && (
          <Tag tone="ok" icon={IconCheck}>
            {t('answered')}
          </Tag>
        )}
        {thread.locked && (
          <Tag tone="grey" icon={IconLock}>
            {t('locked')}
          </Tag>
        )}
      </span>
    </>
  );
}

function Find({ q, set }: { q: string; set: (q: string) => void }) {
  const { t } = useTranslation('forum');
  const [text, setText] = useTyped(q, set);
  return (
    <TextInput
      className={css.find ?? ''}
      type="search"
      size="xs"
      aria-label={t('find')}
      placeholder={t('find')}
      maxLength={200}
      leftSection={<IconSearch size={18} stroke={1.75} aria-hidden />}
      value={text}
      {...asTyped(text)}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}
