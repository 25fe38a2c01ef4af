// `/desk`: the questions of all students in one queue, the conversation, and what helps to answer it.
import { IconMessageQuestion } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { OnlyFor } from '~/features/identity/OnlyFor';
import type { Me } from '~/features/identity/session';
import { usePerson } from '~/live/person';
import { SideDrawer } from '~/ui/Dialog';
import { Forbidden, State } from '~/ui/State';
import { useMedia } from '~/ui/useMedia';
import { useTitle } from '~/ui/useTitle';
import { Conversation } from './Conversation';
import type { DeskRow } from './contract';
import css from './Desk.module.css';
import { Queue } from './Queue';
import { deskQuery, refreshDesk } from './queries';
import type { DeskSearch } from './routes';
import { beside, type Deed, deedOf } from './rules';
import { SidePanel } from './SidePanel';

const route = getRouteApi('/desk');

export function DeskPage() {
  const { t } = useTranslation('desk');
  useTitle(t('title'));
  // Whose courses have questions only the server knows: everybody may teach.
  return <OnlyFor may={() => true}>{(me) => <Desk me={me} />}</OnlyFor>;
}

/** Two panes from here on, three from the second. */
const two = '(min-width: 64em)';
const three = '(min-width: 80em)';

function Desk({ me }: { me: Me }) {
  const { t } = useTranslation('desk');
  const navigate = useNavigate();
  const search = route.useSearch();
  const { state = 'waiting', course, task, kind, q, room, panel } = search;
  const wide = useMedia(two);
  const widest = useMedia(three);
  const list = useInfiniteQuery(deskQuery({ state, course, task, kind, q }));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  usePerson(['desk', 'joined'], () => void refreshDesk());

  const go = useCallback(
    (next: DeskSearch, replace = false) => void navigate({ to: '/desk', search: next, replace }),
    [navigate],
  );
  const { panel: _panel, ...besides } = search;
  const { room: _room, ...closed } = besides;
  // On wide screens another question takes the place of the one that is open; on a phone Back leads to the list.
  const open = (row: DeskRow) => go({ ...besides, room: row.room_id }, wide && room !== undefined);

  // What is open is remembered as it was in the list: solved, it leaves the list before the next one is chosen.
  const found = rows.find((row) => row.room_id === room);
  const kept = useRef<DeskRow[]>([]);
  useEffect(() => {
    if (rows.some((row) => row.room_id === room)) kept.current = rows;
  }, [rows, room]);

  const done = () => {
    const order = found ? rows : kept.current;
    const next = beside(order, room, 1) ?? beside(order, room, -1);
    const there = next && next.room_id !== room && rows.some((row) => row.room_id === next.room_id);
    if (wide && there) go({ ...closed, room: next.room_id }, true);
    else go(closed, true);
    void refreshDesk();
  };

  const [wish, setWish] = useState<{ deed: Deed } | undefined>(undefined);
  const act = (deed: Deed) => {
    if (deed === 'next' || deed === 'previous') {
      const row = beside(rows, room, deed === 'next' ? 1 : -1);
      if (row && row.room_id !== room) open(row);
      // The last one that is here need not be the last one.
      else if (deed === 'next' && list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
    } else if (room) setWish({ deed });
  };
  useKeys(act);

  if (isApiError(list.error) && list.error.status === 403) return <Forbidden page />;
  return (
    <div className={css.desk} data-open={room ? true : undefined}>
      {(wide || !room) && (
        <Queue
          me={me}
          list={list}
          rows={rows}
          search={search}
          open={open}
          narrow={(next) => go(next, true)}
        />
      )}
      {room ? (
        <Conversation
          key={room}
          me={me}
          room={room}
          row={found}
          state={state}
          wish={wish}
          panel={widest ? undefined : () => go({ ...besides, panel: true })}
          back={wide ? undefined : () => go(closed)}
          done={done}
        />
      ) : (
        wide && (
          <section className={css.nothing}>
            <State icon={<IconMessageQuestion size={28} stroke={1.5} />} title={t('choose')}>
              {t('chooseText')}
            </State>
          </section>
        )
      )}
      {room &&
        (widest ? (
          <aside className={css.panel} aria-label={t('panel.title')}>
            <SidePanel key={room} room={room} narrow={(next) => go({ ...besides, ...next }, true)} />
          </aside>
        ) : (
          panel && (
            <SideDrawer close={() => go(besides, true)} size={wide ? 'sm' : '100%'} title={t('panel.title')}>
              <SidePanel key={room} room={room} narrow={(next) => go({ ...besides, ...next }, true)} />
            </SideDrawer>
          )
        ))}
    </div>
  );
}

/** The keys of the desk. Heard before the search of the header, which has "/" for itself on other pages. */
function useKeys(act: (deed: Deed) => void) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      const at = event.target instanceof HTMLElement ? event.target : undefined;
      // A dialog, a drawer or a menu has its own keys.
      if (event.defaultPrevented || event.isComposing || document.querySelector('[role=dialog], [role=menu]'))
        return;
      const field =
        at !== undefined && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
      const deed = deedOf(event, field);
      if (!deed) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current(deed);
    };
    document.addEventListener('keydown', hear, true);
    return () => document.removeEventListener('keydown', hear, true);
  }, []);
}
