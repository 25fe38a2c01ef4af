// The keys of the player; "?" shows them.
import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { direction } from '~/i18n/format';
import { useLocale } from '~/ui/useFormat';
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
  ['T', 'transcriptKey'],
  ['P', 'miniKey'],
  ['Shift + ← / →', 'chapterKey'],
  ['0 – 9', 'tenths'],
  ['Shift + N / P', 'nextKey'],
  ['?', 'helpKey'],
] as const;

/** `inside`: in full screen only what is within the element that fills it can be seen. */
type Props = { opened: boolean; close: () => void; inside: boolean };

export function KeysDialog({ opened, close, inside }: Props) {
  const { t } = useTranslation(['player', 'common']);
  const locale = useLocale();
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t('keys')}
      radius="xl"
      withinPortal={!inside}
      dir={direction(locale)}
      className={css.dialog ?? ''}
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
