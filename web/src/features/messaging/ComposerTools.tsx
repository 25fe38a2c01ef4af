// What can be added to a message: files, the moment of the video, code. Side by side where there is room for it; in a
// narrow column behind one button, so that the words have the width.
import { Menu } from '@mantine/core';
import { IconClock, IconCode, IconPaperclip } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import css from './Chat.module.css';

type Props = {
  pick: () => void;
  /** The moment as it is shown, and how to take it along. */
  moment: { at: string; take: () => void } | undefined;
  code: () => void;
};

const icon = { size: 20, stroke: 1.75, 'aria-hidden': true } as const;
/** The menu gives the focus back to its button first, in milliseconds. */
const AFTER_MENU = 60;

export function ComposerTools({ pick, moment, code }: Props) {
  const { t } = useTranslation('chat');
  const later = (work: () => void) => () => void setTimeout(work, AFTER_MENU);
  const link = moment && t('attach', { at: moment.at });
  return (
    <>
      <span className={css.tools}>
        <button
          type="button"
          className={css.attach}
          title={t('attachFile')}
          aria-label={t('attachFile')}
          onClick={pick}
        >
          <IconPaperclip {...icon} />
        </button>
        {moment && (
          <button type="button" className={css.attach} title={link} aria-label={link} onClick={moment.take}>
            <IconClock {...icon} />
          </button>
        )}
        <button type="button" className={css.attach} title={t('code')} aria-label={t('code')} onClick={code}>
          <IconCode {...icon} />
        </button>
      </span>
      <Menu position="top-start" shadow="sm" width={232}>
        <Menu.Target>
          <button
            type="button"
            className={`${css.attach} ${css.more}`}
            aria-label={t('add')}
            title={t('add')}
          >
            <IconPaperclip {...icon} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPaperclip {...icon} />} onClick={pick}>
            {t('attachFile')}
          </Menu.Item>
          {moment && (
            <Menu.Item leftSection={<IconClock {...icon} />} onClick={later(moment.take)}>
              {link}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCode {...icon} />} onClick={later(code)}>
            {t('code')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
