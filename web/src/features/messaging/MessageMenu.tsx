// What can be done with a message. One menu for the whole thread, opened beside the message that is meant.
import { Menu } from '@mantine/core';
import {
  IconCircleCheck,
  IconCopy,
  IconCornerUpLeft,
  IconFlag,
  IconLink,
  IconMessageCircle,
  IconPencil,
  IconPin,
  IconPinnedOff,
  IconTrash,
  IconUserOff,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { RoomDeed } from '~/features/moderation/contract';
import { MemberItems } from '~/features/moderation/items';
import type { ChatMessage } from '~/live/protocol';
import css from './Chat.module.css';
import { quickEmojis } from './thread';

export type Chosen = { message: ChatMessage; at: DOMRect };

export type Deeds = {
  reply?: (() => void) | undefined;
  copy?: (() => void) | undefined;
  link: () => void;
  /** To its author alone. */
  write?: (() => void) | undefined;
  edit?: (() => void) | undefined;
  pin?: (() => void) | undefined;
  accept?: (() => void) | undefined;
  report?: (() => void) | undefined;
  block?: (() => void) | undefined;
  remove?: (() => void) | undefined;
  /** About its author, for moderators. */
  moderate?: ((deed: RoomDeed) => void) | undefined;
  react?: ((emoji: string, on: boolean) => void) | undefined;
};

type Props = {
  chosen: Chosen;
  deeds: Deeds;
  pinned: boolean;
  accepted: boolean;
  close: () => void;
};

const icon = { size: 18, stroke: 1.75 } as const;

export function MessageMenu({ chosen, deeds, pinned, accepted, close }: Props) {
  const { t } = useTranslation('chat');
  const { message, at } = chosen;
  const own = new Set(message.reactions?.filter((one) => one.own).map((one) => one.emoji));
  const { react } = deeds;
  return (
    <Menu opened onClose={close} shadow="sm" width={232} position="bottom-end" returnFocus trapFocus>
      <Menu.Target>
        <span
          className={css.anchor}
          style={{ left: at.left, top: at.top, width: at.width, height: at.height }}
          aria-hidden
        />
      </Menu.Target>
      <Menu.Dropdown aria-label={t('actions')}>
        {react && (
          // biome-ignore lint/a11y/useSemanticElements: inside a menu only a group may gather items.
          <div className={css.emojis} role="group" aria-label={t('reactions')}>
            {quickEmojis.map((emoji) => (
              <Menu.Item
                key={emoji}
                aria-label={t('reactWith', { emoji })}
                data-own={own.has(emoji) || undefined}
                onClick={() => react(emoji, !own.has(emoji))}
              >
                {emoji}
              </Menu.Item>
            ))}
          </div>
        )}
        {deeds.reply && (
          <Menu.Item leftSection={<IconCornerUpLeft {...icon} className="flip" />} onClick={deeds.reply}>
            {t('reply')}
          </Menu.Item>
        )}
        {deeds.accept && (
          <Menu.Item leftSection={<IconCircleCheck {...icon} />} onClick={deeds.accept}>
            {t(accepted ? 'unaccept' : 'accept')}
          </Menu.Item>
        )}
        {deeds.copy && (
          <Menu.Item leftSection={<IconCopy {...icon} />} onClick={deeds.copy}>
            {t('copy')}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLink {...icon} />} onClick={deeds.link}>
          {t('copyLink')}
        </Menu.Item>
        {deeds.write && (
          <Menu.Item leftSection={<IconMessageCircle {...icon} />} onClick={deeds.write}>
            {t('writeTo', { name: message.author_name })}
          </Menu.Item>
        )}
        {deeds.edit && (
          <Menu.Item leftSection={<IconPencil {...icon} />} onClick={deeds.edit}>
            {t('edit')}
          </Menu.Item>
        )}
        {deeds.pin && (
          <Menu.Item
            leftSection={pinned ? <IconPinnedOff {...icon} /> : <IconPin {...icon} />}
            onClick={deeds.pin}
          >
            {t(pinned ? 'unpin' : 'pin')}
          </Menu.Item>
        )}
        {(deeds.report || deeds.block || deeds.remove) && <Menu.Divider />}
        {deeds.report && (
          <Menu.Item leftSection={<IconFlag {...icon} />} onClick={deeds.report}>
            {t('report')}
          </Menu.Item>
        )}
        {deeds.block && (
          <Menu.Item leftSection={<IconUserOff {...icon} />} onClick={deeds.block}>
            {t('block')}
          </Menu.Item>
        )}
        {deeds.remove && (
          <Menu.Item color="red" leftSection={<IconTrash {...icon} />} onClick={deeds.remove}>
            {t('delete')}
          </Menu.Item>
        )}
        {deeds.moderate && (
          <>
            <Menu.Divider />
            <MemberItems act={deeds.moderate} />
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
