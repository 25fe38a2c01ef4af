// The list of rooms: search, filters, and for each room its last words and how much is unread.
import { Button } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import {
  IconAlertCircle,
  IconBellOff,
  IconLock,
  IconMessages,
  IconPinned,
  IconSearch,
  IconX,
} from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Failed, State } from '~/ui/State';
import { typedDir } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import { roomGroups } from './groups';
import css from './MessagesPage.module.css';
import { plain } from './marks';
import { readDraft } from './prefs';
import { type RoomRow, roomsKey, roomsQuery } from './queries';
import { RoomFace, RoomPlace, useRoomName } from './RoomTitle';
import type { MessagesSearch } from './routes';
import { outbox } from './useRoom';

type Props = { search: MessagesSearch; open: string | undefined; user: string };

/** The rooms in which something of this person was refused and waits for a decision. */
const refusedQuery = (user: string) => ({
  // Asked again together with the list.
  queryKey: [...roomsKey, 'list', 'refused', user],
  queryFn: async () =>
    (await outbox.left(user)).flatMap(({ state, room }) => (state === 'failed' ? [room] : [])),
  staleTime: 0,
});

export function RoomList({ search, open, user }: Props) {
  const { t } = useTranslation(['messages', 'common']);
  const navigate = useNavigate();
  const { q, group, unread } = search;
  const rooms = useInfiniteQuery(
    roomsQuery({
      kind: group,
      q,
      unread,
    }),
  );
  const refused = new Set(useQuery(refusedQuery(user)).data);
  const rows = rooms.data?.pages.flatMap((page) => page.items) ?? [];
  const go = (next: MessagesSearch) =>
    open
      ? void navigate({ to: '/messages/$roomId', params: { roomId: open }, search: next, replace: true })
      : void navigate({ to: '/messages', search: next, replace: true });
  const { unread: _unread, ...noUnread } = search;
  const { group: _group, ...noGroup } = search;
  const filtered = q !== undefined || group !== undefined || unread === true;

  return (
    <>
      <div className={css.listHead}>
        <h1 className="work">{t('title')}</h1>
        <Find start={q ?? ''} change={(text) => go(text ? { ...search, q: text } : without(search, 'q'))} />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a box and a legend. */}
        <div className={css.filters} role="group" aria-label={t('filters')}>
          <button
            type="button"
            aria-pressed={unread === true}
            onClick={() => go(unread ? noUnread : { ...search, unread: true })}
          >
            {t('unreadOnly')}
          </button>
          {roomGroups.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={group === one}
              onClick={() => go(group === one ? noGroup : { ...search, group: one })}
            >
              {t(`groups.${one}`)}
            </button>
          ))}
        </div>
      </div>
      {rooms.isError && rows.length === 0 ? (
        <Failed error={rooms.error} retry={() => void rooms.refetch()} />
      ) : rooms.isPending ? (
        <Bones />
      ) : rows.length === 0 ? (
        <State
          icon={<IconMessages size={28} stroke={1.5} />}
          title={t(filtered ? 'nothing' : 'empty')}
          action={
            filtered ? (
              <Button variant="default" onClick={() => go({})}>
                {t('showAll')}
              </Button>
            ) : undefined
          }
        >
          {t(filtered ? 'nothingText' : 'emptyText')}
        </State>
      ) : (
        <nav className={css.rows} aria-label={t('rooms')}>
          <ul>
            {rows.map((row) => (
              <li key={row.id}>
                <Row
                  row={row}
                  open={row.id === open}
                  search={search}
                  refused={refused.has(row.id)}
                  // What is open shows its own field.
                  draft={row.id === open ? '' : readDraft(user, row.id).text.trim()}
                />
              </li>
            ))}
          </ul>
          {rooms.hasNextPage && (
            <Button
              variant="subtle"
              loading={rooms.isFetchingNextPage}
              onClick={() => void rooms.fetchNextPage()}
            >
              {t('common:more')}
            </Button>
          )}
        </nav>
      )}
    </>
  );
}

function without(search: MessagesSearch, key: keyof MessagesSearch): MessagesSearch {
  const next = { ...search };
  delete next[key];
  return next;
}

function Find({ start, change }: { start: string; change: (text: string) => void }) {
  const { t } = useTranslation('messages');
  const [text, setText] = useState(start);
  const later = useDebouncedCallback((value: string) => change(value.trim()), 300);
  // The filter was taken away elsewhere.
  useEffect(() => {
    if (start === '') setText('');
  }, [start]);
  return (
    <div className={css.find}>
      <IconSearch size={18} stroke={1.75} aria-hidden />
      <input
        type="search"
        value={text}
        dir={typedDir(text)}
        aria-label={t('find')}
        placeholder={t('find')}
        onChange={(event) => {
          setText(event.currentTarget.value);
          later(event.currentTarget.value);
        }}
      />
      {text && (
        <button
          type="button"
          aria-label={t('clear')}
          onClick={() => {
            setText('');
            change('');
          }}
        >
          <IconX size={16} stroke={1.75} aria-hidden />
        </button>
      )}
    </div>
  );
}

type RowProps = { row: RoomRow; open: boolean; search: MessagesSearch; refused: boolean; draft: string };

function Row({ row, open, search, refused, draft }: RowProps) {
  const { t } = useTranslation(['messages', 'chat']);
  const format = useFormat();
  const name = useRoomName();
  const { unread, last } = row;
  const speaker = last?.own ? t('chat:you') : last?.author_name;
  const count = unread > 99 ? `${format.number(99)}+` : format.number(unread);
  return (
    <Link
      to="/messages/$roomId"
      params={{ roomId: row.id }}
      search={search}
      className={`${css.row} ${open ? css.on : ''} ${unread > 0 ? css.fresh : ''}`}
      aria-current={open ? 'page' : undefined}
    >
      <RoomFace row={row} />
      <span className={css.rowText}>
        <span className={css.rowTop}>
          <b className="clip" dir="auto">
            {name(row)}
          </b>
          {row.pinned && <IconPinned size={14} stroke={1.75} aria-label={t('pinned')} />}
          {row.notify === 'none' && <IconBellOff size={14} stroke={1.75} aria-label={t('silent')} />}
          {row.locked && <IconLock size={14} stroke={1.75} aria-label={t('locked')} />}
          <time dateTime={row.active_at}>
            <bdi>{format.near(last?.at ?? row.active_at)}</bdi>
          </time>
        </span>
        <RoomPlace row={row} />
        <span className={css.rowEnd}>
          <span className={css.last}>
            {draft ? (
              <span className={css.draft}>{t('draft')}: </span>
            ) : (
              speaker && (
                <span className="clip">
                  <bdi>{speaker}</bdi>:{' '}
                </span>
              )
            )}
            <span className="clip" dir="auto">
              {plain(draft) || (last ? plain(last.text) || t('chat:fileWord') : t('noMessages'))}
            </span>
          </span>
          {refused && (
            <span className={css.refused}>
              <IconAlertCircle size={14} stroke={1.75} aria-hidden />
              {t('chat:receipt.failed')}
            </span>
          )}
          {row.desk === 'waiting' && unread === 0 && <span className={css.desk}>{t('waits')}</span>}
          {unread > 0 && (
            <span className={`${css.count} ${row.notify === 'none' ? css.quiet : ''}`}>
              <span dir="ltr" aria-hidden>
                {count}
              </span>
              <span className="hidden">{t('unreadIn', { count: unread, value: count })}</span>
            </span>
          )}
        </span>
      </span>
    </Link>
  );
}

function Bones() {
  const { t } = useTranslation('messages');
  return (
    <div className={css.bones} aria-busy="true">
      <span className="hidden" role="status">
        {t('loading')}
      </span>
      {Array.from({ length: 6 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same.
        <span key={index} />
      ))}
    </div>
  );
}
