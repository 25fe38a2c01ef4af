// Who may not write, where, until when and why; and letting them write again.
import { IconVolume } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { courseQuery } from '~/features/courses/queries';
import { roomLineQuery } from '~/features/forum/queries';
import { isRoomKind } from '~/features/messaging/kinds';
import { useFormat } from '~/ui/useFormat';
import type { Mute } from './contract';
import { HeldBack, HeldBackRow } from './HeldBack';
import { liftMute, mutesQuery } from './queries';

export function Mutes() {
  const { t } = useTranslation('moderation');
  return (
    <HeldBack
      list={useInfiniteQuery(mutesQuery)}
      words={{ loading: t('mutes.loading'), none: t('mutes.none') }}
      icon={<IconVolume size={28} stroke={1.5} />}
      deed="unmute"
      keyOf={(mute) => `${mute.user_id} ${mute.room_id ?? mute.course_id ?? ''}`}
      row={(mute, lift) => <Row mute={mute} lift={lift} />}
      lift={liftMute}
    />
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
    <HeldBackRow
      person={mute}
      where={where}
      when={mute.until ? t('mutes.until', { date: format.dateTime(mute.until) }) : t('span.ever')}
      lift={mute.can_lift ? lift : undefined}
    />
  );
}
