// `/messages`: all rooms of a person with what is unread in them; beside them, on wide screens, the one that is open. On a
// phone either of the two fills the screen.
import { IconMessages } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/features/identity/session';
import { SignInFirst, State } from '~/ui/State';
import { useMedia } from '~/ui/useMedia';
import { useTitle } from '~/ui/useTitle';
import css from './MessagesPage.module.css';
import { roomQuery } from './queries';
import { RoomChat } from './RoomChat';
import { RoomList } from './RoomList';
import { NoRoom } from './RoomStates';
import { RoomTitle, useRoomName } from './RoomTitle';
import type { MessagesSearch } from './routes';
import { useRoomNews } from './unread';

const list = getRouteApi('/messages');
const room = getRouteApi('/messages/$roomId');

/** Two panes from here on. */
const wide = '(min-width: 64em)';

export function MessagesPage() {
  return <Messages search={list.useSearch()} />;
}

export function MessagesRoomPage() {
  const { roomId } = room.useParams();
  const { at, ...search } = room.useSearch();
  return <Messages search={search} roomId={roomId} at={at} />;
}

type Props = { search: MessagesSearch; roomId?: string; at?: number | undefined };

function Messages({ search, roomId, at }: Props) {
  const { t } = useTranslation(['messages', 'common']);
  const { state, me } = useSession();
  const both = useMedia(wide);
  useTitle(t('title'));
  useRoomNews(state === 'user');
  if (state === 'guest') return <SignInFirst page />;
  if (!me) return <div className={css.page} aria-busy="true" />;
  return (
    <div className={css.page} data-open={roomId !== undefined || undefined}>
      {!both && roomId !== undefined && <h1 className="hidden">{t('title')}</h1>}
      {(both || roomId === undefined) && (
        <div className={css.list}>
          <RoomList search={search} open={roomId} user={me.id} />
        </div>
      )}
      {roomId !== undefined ? (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for the fields of a form.
        <div className={css.room} key={roomId} role="group" aria-label={t('title')} tabIndex={-1} data-arrive>
          <OpenRoom id={roomId} at={at} />
        </div>
      ) : (
        both && (
          <div className={`${css.room} ${css.choose}`}>
            <State icon={<IconMessages size={28} stroke={1.5} />} title={t('choose')}>
              {t('chooseText')}
            </State>
          </div>
        )
      )}
    </div>
  );
}

function OpenRoom({ id, at }: { id: string; at: number | undefined }) {
  const row = useQuery(roomQuery(id));
  const name = useRoomName();
  useTitle(row.data && name(row.data));
  if (row.isError && !row.data) {
    return <NoRoom error={row.error} retry={() => void row.refetch()} why="closed" />;
  }
  return (
    <RoomChat
      key={`${id} ${at ?? ''}`}
      roomId={id}
      at={at}
      {...(row.data ? { roomKind: row.data.kind, title: <RoomTitle row={row.data} /> } : { title: <span /> })}
    />
  );
}
