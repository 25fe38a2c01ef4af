// The header of a room: what it is, who is here, search, and what this person has set for it.
import { Menu } from '@mantine/core';
import {
  IconBell,
  IconBellOff,
  IconCheck,
  IconDots,
  IconMessageCircle,
  IconPin,
  IconPinnedOff,
  IconSearch,
} from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomDeed } from '~/features/moderation/contract';
import { RoomItems } from '~/features/moderation/items';
import type { RoomClient, RoomView } from '~/live/roomClient';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import css from './Chat.module.css';
import type { RoomKind } from './kinds';
import { PeopleHere } from './PeopleHere';
import { enterSends, setEnterSends } from './prefs';
import { changeRoom, type Notify, roomQuery } from './queries';

type Props = {
  client: RoomClient;
  view: RoomView;
  kind: RoomKind;
  title?: ReactNode;
  actions?: ReactNode;
  searching: boolean;
  search: () => void;
  /** What a moderator does to the room. */
  moderate?: ((deed: RoomDeed) => void) | undefined;
};

export function RoomHead({ client, view, kind, title, actions, searching, search, moderate }: Props) {
  const { t } = useTranslation('chat');
  const { online, course, role } = view.room;
  return (
    <header className={css.head}>
      <div className={css.headTitle}>
        <h2>
          {title ?? (
            <>
              <IconMessageCircle size={20} stroke={1.75} aria-hidden />
              {t(`kind.${kind}`)}
            </>
          )}
        </h2>
        {view.phase === 'ready' && (
          <PeopleHere client={client} online={online} talk={{ course, kind: view.room.kind, role }} />
        )}
      </div>
      <span className={css.headEnd}>
        {actions}
        <button
          type="button"
          className={css.attach}
          aria-label={t('searchIn')}
          title={t('searchIn')}
          aria-expanded={searching}
          onClick={search}
        >
          <IconSearch size={20} stroke={1.75} aria-hidden />
        </button>
        <RoomMenu room={client.room} locked={view.room.locked} moderate={moderate} />
      </span>
    </header>
  );
}

const icon = { size: 18, stroke: 1.75 } as const;
const levels: readonly Notify[] = ['all', 'mentions', 'none'];

function RoomMenu({
  room,
  locked,
  moderate,
}: {
  room: string;
  locked: boolean;
  moderate: Props['moderate'];
}) {
  const { t } = useTranslation('chat');
  const errorText = useErrorText();
  const [opened, setOpened] = useState(false);
  const [enter, setEnter] = useState(enterSends);
  const row = useQuery({ ...roomQuery(room), enabled: opened });
  const change = useMutation({
    mutationFn: (next: Parameters<typeof changeRoom>[1]) => changeRoom(room, next),
    onError: (error) => toast({ text: errorText(error) }),
  });
  const notify = change.isPending && change.variables.notify ? change.variables.notify : row.data?.notify;
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end" shadow="sm" width={260}>
      <Menu.Target>
        <button type="button" className={css.attach} aria-label={t('roomMenu')} title={t('roomMenu')}>
          <IconDots size={20} stroke={1.75} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {row.isError && <Menu.Label>{errorText(row.error)}</Menu.Label>}
        {row.data && (
          <>
            <Menu.Item
              leftSection={row.data.pinned ? <IconPinnedOff {...icon} /> : <IconPin {...icon} />}
              onClick={() => change.mutate({ pinned: !row.data.pinned })}
            >
              {t(row.data.pinned ? 'roomUnpin' : 'roomPin')}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Label>{t('notifyTitle')}</Menu.Label>
            {levels.map((level) => (
              <Menu.Item
                key={level}
                role="menuitemradio"
                aria-checked={notify === level}
                leftSection={level === 'none' ? <IconBellOff {...icon} /> : <IconBell {...icon} />}
                rightSection={notify === level ? <IconCheck {...icon} /> : null}
                onClick={() => change.mutate({ notify: level })}
              >
                {t(`notify.${level}`)}
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        {moderate && <RoomItems locked={locked} act={moderate} />}
        <Menu.Label>{t('enterTitle')}</Menu.Label>
        {[true, false].map((sends) => (
          <Menu.Item
            key={String(sends)}
            role="menuitemradio"
            aria-checked={enter === sends}
            rightSection={enter === sends ? <IconCheck {...icon} /> : null}
            onClick={() => {
              setEnterSends(sends);
              setEnter(sends);
            }}
          >
            {t(sends ? 'enterSends' : 'enterLine')}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
