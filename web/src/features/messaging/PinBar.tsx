// What is pinned, one at a time, newest first. A press leads to it and brings up the next.
import { IconPinned } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Quote } from '~/live/protocol';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { plain } from './marks';

export function PinBar({ pinned, find }: { pinned: readonly Quote[]; find: (quote: Quote) => void }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const [turn, setTurn] = useState(0);
  const at = pinned.length - 1 - (turn % pinned.length);
  const pin = pinned[at];
  if (!pin) return null;
  return (
    <button
      type="button"
      className={css.pinBar}
      onClick={() => {
        find(pin);
        setTurn(turn + 1);
      }}
    >
      <IconPinned size={18} stroke={1.75} aria-hidden />
      <span className="grow">
        <b>
          {t('pinnedTitle')}
          {pinned.length > 1 && (
            <bdi className="mut">
              {' '}
              {format.number(at + 1)}/{format.number(pinned.length)}
            </bdi>
          )}
        </b>
        <span className="clip" dir="auto">
          {plain(pin.text) || t('fileWord')}
        </span>
      </span>
    </button>
  );
}
