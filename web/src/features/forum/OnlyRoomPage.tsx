// `/chat/general` and `/chat/staff`: the rooms of which there is one (MSG-10, MSG-13).
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { OnlyFor } from '~/features/identity/OnlyFor';
import { answers } from '~/features/identity/roles';
import { RoomChat } from '~/features/messaging/RoomChat';
import { NoRoom } from '~/features/messaging/RoomStates';
import { useTitle } from '~/ui/useTitle';
import { Waiting } from '~/ui/Waiting';
import { onlyRoomQuery } from './queries';
import { RoomBox, RoomFrame } from './RoomFrame';

export const GeneralPage = () => <OnlyFor may={() => true}>{() => <OnlyRoom kind="general" />}</OnlyFor>;

export const StaffRoomPage = () => <OnlyFor may={answers}>{() => <OnlyRoom kind="staff" />}</OnlyFor>;

function OnlyRoom({ kind }: { kind: 'general' | 'staff' }) {
  const { t } = useTranslation(['forum', 'common']);
  const room = useQuery(onlyRoomQuery(kind));
  useTitle(t(kind));
  return (
    <RoomFrame
      back={(inside) =>
        kind === 'general' ? (
          <Link to="/" className="link">
            {inside(t('common:home'))}
          </Link>
        ) : (
          <Link to="/desk" className="link">
            {inside(t('common:deskLink'))}
          </Link>
        )
      }
      title={t(kind)}
      text={t(`${kind}Text`)}
    >
      {room.isError && !room.data ? (
        <NoRoom error={room.error} retry={() => void room.refetch()} />
      ) : (
        <Waiting
          pending={room.isPending}
          skeleton={<Skeleton height={320} radius="md" />}
          label={t('room.loading')}
        >
          {room.data && (
            <RoomBox>
              <RoomChat
                roomId={room.data.room_id}
                roomKind={kind}
                title={<span className="hidden">{t(kind)}</span>}
              />
            </RoomBox>
          )}
        </Waiting>
      )}
    </RoomFrame>
  );
}
