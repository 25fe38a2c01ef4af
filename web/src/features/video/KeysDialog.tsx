// The keys of the player; "?" shows them.
import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import css from './Player.module.css';

const rows = [
  ['Space / K', 'playPause'],
  ['J / L', 'ten'],
  ['← / →', 'five'],
  ['↑ / ↓', 'loudness'],
  ['M', 'muteKey'],
  ['< / >', 'speedKey'],
  ['F', 'fullKey'],
  ['C', 'captionsKey'],
  ['0 – 9', 'tenths'],
  ['Shift + N', 'nextKey'],
  ['?', 'helpKey'],
] as const;

export function KeysDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation(['player', 'common']);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t('keys')}
      radius="xl"
      closeButtonProps={{ 'aria-label': t('common:close') }}
    >
      <dl className={css.keyList}>
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              <kbd dir="ltr">{keys}</kbd>
            </dt>
            <dd>{t(`key.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
