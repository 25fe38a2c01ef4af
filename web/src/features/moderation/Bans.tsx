// Who may not enter which room, since when and why; and letting them in again. A ban lasts until it is lifted.
import { IconDoorEnter } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { isRoomKind } from '~/features/messaging/kinds';
import { useFormat } from '~/ui/useFormat';
import type { Ban } from './contract';
import { HeldBack, HeldBackRow } from './HeldBack';
import { bansQuery, liftBan } from './queries';

export function Bans() {
  const { t } = useTranslation('moderation');
  return (
    <HeldBack
      list={useInfiniteQuery(bansQuery)}
      words={{ loading: t('bans.loading'), none: t('bans.none') }}
      icon={<IconDoorEnter size={28} stroke={1.5} />}
      deed="unban"
      keyOf={(ban) => `${ban.user_id} ${ban.room.id}`}
      row={(ban, lift) => <Row ban={ban} lift={lift} />}
      lift={liftBan}
    />
  );
}

function Row({ ban, lift }: { ban: Ban; lift: () => void }) {
  const { t } = useTranslation(['moderation', 'chat']);
  const format = useFormat();
  const { kind, title } = ban.room;
  return (
    <HeldBackRow
      person={ban}
      where={title || (isRoomKind(kind) ? t(`chat:kind.${kind}`) : t('scope.room'))}
      when={t('bans.since', { date: format.dateTime(ban.since) })}
      lift={lift}
    />
  );
}
