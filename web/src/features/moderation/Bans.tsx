// Who may not enter which room, since when and why; and letting them in again. A ban lasts until it is lifted.
import { Button, Skeleton } from '@mantine/core';
import { IconDoorEnter } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isRoomKind } from '~/features/messaging/kinds';
import { Initials } from '~/ui/Initials';
import { More } from '~/ui/More';
import { Failed, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { Waiting } from '~/ui/Waiting';
import type { Ban } from './contract';
import { LiftDialog } from './LiftDialog';
import css from './Moderation.module.css';
import { bansQuery, liftBan } from './queries';

export function Bans() {
  const { t } = useTranslation(['moderation', 'common']);
  const list = useInfiniteQuery(bansQuery);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const [lifting, setLifting] = useState<Ban | undefined>(undefined);
  if (list.isError && !list.data) return <Failed error={list.error} retry={() => void list.refetch()} />;
  return (
    <div className={css.part}>
      <Waiting
        pending={list.isPending}
        skeleton={<Skeleton height={200} radius="md" />}
        label={t('bans.loading')}
      >
        {items.length === 0 ? (
          <State icon={<IconDoorEnter size={28} stroke={1.5} />} title={t('bans.none')} />
        ) : (
          <ul className={css.rows}>
            {items.map((ban) => (
              <Row key={`${ban.user_id} ${ban.room.id}`} ban={ban} lift={() => setLifting(ban)} />
            ))}
          </ul>
        )}
      </Waiting>
      <More of={list} />
      {lifting && (
        <LiftDialog
          deed="unban"
          name={lifting.name}
          lift={(reason) => liftBan(lifting, reason)}
          close={() => setLifting(undefined)}
        />
      )}
    </div>
  );
}

function Row({ ban, lift }: { ban: Ban; lift: () => void }) {
  const { t } = useTranslation(['moderation', 'chat']);
  const format = useFormat();
  const { kind, title } = ban.room;
  return (
    <li className={css.muteRow}>
      <Initials name={ban.name} id={ban.user_id} />
      <div className="grow">
        <p className="medium">
          <bdi>{ban.name}</bdi>
        </p>
        <p className={`meta mut ${css.facts}`}>
          <bdi>{title || (isRoomKind(kind) ? t(`chat:kind.${kind}`) : t('scope.room'))}</bdi>
          <span>{t('bans.since', { date: format.dateTime(ban.since) })}</span>
        </p>
        {ban.reason && (
          <p className="small">
            <bdi>{ban.reason}</bdi>
          </p>
        )}
      </div>
      <Button size="xs" variant="default" onClick={lift}>
        {t('mutes.lift')}
      </Button>
    </li>
  );
}
