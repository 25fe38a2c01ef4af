// What a moderator finds in the menus of a chat: about a person beside a message, about the room in its header.
import { Menu } from '@mantine/core';
import {
  IconDoorExit,
  IconHourglass,
  IconLock,
  IconLockOpen,
  IconMessageOff,
  IconUserCheck,
  IconUserOff,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { RoomDeed } from './contract';

const icon = { size: 18, stroke: 1.75 } as const;

/** About the author of a message. */
export function MemberItems({ act }: { act: (deed: RoomDeed) => void }) {
  const { t } = useTranslation('moderation');
  return (
    <>
      <Menu.Item leftSection={<IconMessageOff {...icon} />} onClick={() => act('mute')}>
        {t('menu.mute')}
      </Menu.Item>
      <Menu.Item leftSection={<IconDoorExit {...icon} />} onClick={() => act('kick')}>
        {t('menu.kick')}
      </Menu.Item>
      <Menu.Item color="red" leftSection={<IconUserOff {...icon} />} onClick={() => act('ban')}>
        {t('menu.ban')}
      </Menu.Item>
      <Menu.Item leftSection={<IconUserCheck {...icon} />} onClick={() => act('unban')}>
        {t('menu.unban')}
      </Menu.Item>
    </>
  );
}

/** About the room. */
export function RoomItems({ locked, act }: { locked: boolean; act: (deed: RoomDeed) => void }) {
  const { t } = useTranslation('moderation');
  return (
    <>
      <Menu.Label>{t('title')}</Menu.Label>
      <Menu.Item
        leftSection={locked ? <IconLockOpen {...icon} /> : <IconLock {...icon} />}
        onClick={() => act(locked ? 'unlock' : 'lock')}
      >
        {t(locked ? 'menu.unlock' : 'menu.lock')}
      </Menu.Item>
      <Menu.Item leftSection={<IconHourglass {...icon} />} onClick={() => act('slow_mode')}>
        {t('menu.slow_mode')}
      </Menu.Item>
      <Menu.Divider />
    </>
  );
}
