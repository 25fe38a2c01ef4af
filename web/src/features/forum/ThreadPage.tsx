// `/learn/<course>/forum/<room>`: one thread; also a question on a lesson, for links that lead to it from elsewhere.
import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { OnlyFor } from '~/features/identity/OnlyFor';
import type { Me } from '~/features/identity/session';
import { RoomChat } from '~/features/messaging/RoomChat';
import { Failed } from '~/ui/State';
import { Tag } from '~/ui/Status';
import { useTitle } from '~/ui/useTitle';
import type { Place } from './contract';
import { refreshThreads, roomLineQuery } from './queries';
import { RoomBox, RoomFrame } from './RoomFrame';
import { useThreadNote } from './useThreadNote';

const route = getRouteApi('/learn/$courseId/forum/$roomId');

export const ThreadPage = () => <OnlyFor may={() => true}>{(me) => <OneThread me={me} />}</OnlyFor>;

function OneThread({ me }: { me: Me }) {
  const { t } = useTranslation('forum');
  const { courseId, roomId } = route.useParams();
  const line = useQuery(roomLineQuery(roomId));
  const room = line.data;
  const note = useThreadNote(me.id, roomId);
  useTitle(room?.title ?? t('title'));
  // What is read and said here is news for the list.
  useEffect(() => {
    const place: Place = { kind: 'forum', course: courseId };
    return () => void refreshThreads(place);
  }, [courseId]);
  if (line.isError && !room) return <Failed page error={line.error} retry={() => void line.refetch()} />;
  const lesson = room?.lesson_id ?? undefined;
  return (
    <RoomFrame
      back={(inside) =>
        lesson ? (
          <Link
            to="/learn/$courseId/$lessonId"
            params={{ courseId, lessonId: lesson }}
            search={{}}
            className="link"
          >
            {inside(t('back.question'))}
          </Link>
        ) : (
          <Link to="/learn/$courseId/forum" params={{ courseId }} className="link">
            {inside(t('back.forum'))}
          </Link>
        )
      }
      title={room?.title || t('title')}
      text={
        room && (
          <>
            {room.owner && <bdi>{room.owner.name}</bdi>}{' '}
            {room.locked && (
              <Tag tone="grey" icon={IconLock}>
                {t('locked')}
              </Tag>
            )}
          </>
        )
      }
    >
      <RoomBox>
        <RoomChat
          roomId={roomId}
          roomKind={room?.kind === 'question' ? 'question' : 'forum'}
          title={<span className="hidden">{room?.title ?? t('title')}</span>}
          placeholder={t('reply')}
          note={note}
        />
      </RoomBox>
    </RoomFrame>
  );
}
