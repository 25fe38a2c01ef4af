// The files of the message that is being written, with how far each has come.
import { IconFile, IconRefresh, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import { type Attached, again, detach } from './attach';
import css from './Chat.module.css';

export function AttachedList({
  place,
  room,
  files,
}: {
  place: string;
  room: string;
  files: readonly Attached[];
}) {
  const { t } = useTranslation(['chat', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  if (files.length === 0) return null;
  return (
    <ul className={css.attached} aria-label={t('attachedFiles')}>
      {files.map(({ key, name, size, file, preview, progress, state, error }) => (
        <li key={key} data-state={state}>
          {preview ? (
            <img src={preview} alt="" width={40} height={40} />
          ) : (
            <IconFile size={24} stroke={1.5} aria-hidden />
          )}
          <span className="grow">
            <b className="clip">
              <bdi>{name}</bdi>
            </b>
            {state === 'failed' ? (
              <span className={css.failed} role="alert">
                {errorText(error)}
              </span>
            ) : (
              <bdi className="mut">
                {state === 'uploading' ? format.percent(progress * 100) : format.size(size)}
              </bdi>
            )}
            {state === 'uploading' && (
              <progress className={css.progress} max={1} value={progress} aria-label={name} />
            )}
          </span>
          {state === 'failed' && file && (
            <button
              type="button"
              className={css.small}
              aria-label={t('common:retry')}
              onClick={() => again(place, room, key)}
            >
              <IconRefresh size={16} stroke={1.75} aria-hidden />
            </button>
          )}
          <button
            type="button"
            className={css.small}
            aria-label={t('removeFile', { name })}
            onClick={() => detach(place, key)}
          >
            <IconX size={16} stroke={1.75} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
