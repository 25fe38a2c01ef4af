// Who may not write, where, until when and why; and letting them write again.
import { Button, Skeleton } from '@mantine/core';
import { IconVolume } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { courseQuery } from '~/features/courses/queries';
import { roomLineQuery } from '~/features/forum/queries';
import { isRoomKind } from '~/features/messaging/kinds';
import { Initials } from '~/ui/Initials';
import { More } from '~/ui/More';
import { Failed, State } from '~/ui/State';
import { useFormat } from '~/ui/useFormat';
import { Waiting } from '~/ui/Waiting';
import type { Mute } from './contract';
import { LiftDialog } from './LiftDialog';
import css from './Moderation.module.css';
import { liftMute, mutesQuery } from './queries';

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
                key={`${mute.user_id} ${mute.room_id ?? mute.course_id ?? ''}`}
                mute={mute}
                lift={() => setLifting(mute)}
              />
            ))}
          </ul>
        )}
      </Waiting>
      <More of={list} />
      {lifting && (
        <LiftDialog
          deed="unmute"
          name={lifting.name}
          lift={(reason) => liftMute(lifting, reason)}
          close={() => setLifting(undefined)}
        />
      )}
    </div>
  );
}

function Row({ mute, lift }: { mute: Mute; lift: () => void }) {
  const { t } = useTranslation(['moderation', 'chat']);
  const format = useFormat();
  const room = useQuery({ ...roomLineQuery(mute.room_id ?? ''), enabled: Boolean(mute.room_id) }).data;
  const course = useQuery({ ...courseQuery(mute.course_id ?? ''), enabled: Boolean(mute.course_id) }).data;
  const kind = room?.kind;
  // Until it is known by name, and where it may not be seen, the kind of place has to do.
  const where =
    mute.scope === 'course'
      ? (course?.title ?? t('scope.course'))
      : mute.scope === 'all'
        ? t('scope.all')
        : room?.title || (isRoomKind(kind) ? t(`chat:kind.${kind}`) : t('scope.room'));
  return (
    <li className={css.muteRow}>
      <Initials name={mute.name} id={mute.user_id} />
      <div className="grow">
        <p className="medium">
          <bdi>{mute.name}</bdi>
        </p>
        <p className={`meta mut ${css.facts}`}>
          <bdi>{where}</bdi>
          <span>{mute.until ? t('mutes.until', { date: format.dateTime(mute.until) }) : t('span.ever')}</span>
        </p>
        {mute.reason && (
          <p className="small">
            <bdi>{mute.reason}</bdi>
          </p>
        )}
      </div>
      {mute.can_lift && (
        <Button size="xs" variant="default" onClick={lift}>
          {t('mutes.lift')}
        </Button>
      )}
    </li>
  );
}
