// Who may not write, where, until when and why; and letting them write again.
import { Button, Skeleton } from '@mantine/core';
import { IconVolume } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isRoomKind } from '~/features/messaging/kinds';
import { Initials } from '~/ui/Initials';
import { Failed, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { Waiting } from '~/ui/Waiting';
import type { Mute } from './contract';
import { LiftDialog } from './LiftDialog';
import css from './Moderation.module.css';
import { mutesQuery } from './queries';

export function Mutes() {
  const { t } = useTranslation(['moderation', 'common']);
  const list = useInfiniteQuery(mutesQuery);
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const [lifting, setLifting] = useState<Mute | undefined>(undefined);
  if (list.isError && !list.data) return <Failed error={list.error} retry={() => void list.refetch()} />;
  return (
    <div className={css.part}>
      <Waiting
        pending={list.isPending}
        skeleton={<Skeleton height={200} radius="md" />}
        label={t('mutes.loading')}
      >
        {items.length === 0 ? (
          <State icon={<IconVolume size={28} stroke={1.5} />} title={t('mutes.none')} />
        ) : (
          <ul className={css.rows}>
            {items.map((mute) => (
              <Row
                key={`${mute.user.id} ${mute.scope} ${mute.room?.id ?? mute.course?.id ?? ''}`}
                mute={mute}
                lift={() => setLifting(mute)}
              />
            ))}
          </ul>
        )}
      </Waiting>
      {list.hasNextPage && (
        <div>
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {t('common:more')}
          </Button>
        </div>
      )}
      {lifting && <LiftDialog mute={lifting} close={() => setLifting(undefined)} />}
    </div>
  );
}

function Row({ mute, lift }: { mute: Mute; lift: () => void }) {
  const { t } = useTranslation(['moderation', 'chat']);
  const format = useFormat();
  const { room, course } = mute;
  const where =
    mute.scope === 'all'
      ? t('scope.all')
      : mute.scope === 'course'
        ? (course?.title ?? t('scope.course'))
        : room?.title || (isRoomKind(room?.kind) ? t(`chat:kind.${room.kind}`) : t('scope.room'));
  return (
    <li className={css.muteRow}>
      <Initials name={mute.user.name} id={mute.user.id} />
      <div className="grow">
        <p className="medium">
          <bdi>{mute.user.name}</bdi>
        </p>
        <p className={`meta mut ${css.facts}`}>
          <bdi>{where}</bdi>
          <span>
            {mute.until === null ? t('span.ever') : t('mutes.until', { date: format.dateTime(mute.until) })}
          </span>
          <bdi>{mute.by.name}</bdi>
        </p>
        {mute.reason && (
          <p className="small" dir="auto">
            {mute.reason}
          </p>
        )}
      </div>
      <Button size="xs" variant="default" onClick={lift}>
        {t('mutes.lift')}
      </Button>
    </li>
  );
}
