// A place where files are dropped or picked.
import { IconUpload } from '@tabler/icons-react';
import { type DragEvent, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConfig } from '~/app/config';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';

/** What the picker offers; the server looks into the file itself. */
export const videoTypes = 'video/*,audio/*,.mkv,.mov,.mp4,.webm,.avi,.flv,.mpg,.m4v,.mts,.ts';

type Props = {
  label: string;
  accept: string;
  multiple: boolean;
  take: (files: File[]) => void;
  note?: string;
};

export function Drop({ label, accept, multiple, take, note }: Props) {
  const { t } = useTranslation('studio');
  const format = useFormat();
  const config = useConfig();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const most = config?.upload.max_bytes;
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const files = [...event.dataTransfer.files];
    if (files.length > 0) take(multiple ? files : files.slice(0, 1));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the pointer; the button inside does the same.
    <div
      className={`${css.drop} ${over ? css.over : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      data-drop
    >
      <IconUpload size={20} stroke={1.75} aria-hidden />
      <span className="grow">
        {label}{' '}
        <button type="button" className="link" onClick={() => field.current?.click()}>
          {multiple ? t('pickMany') : t('pickOne')}
        </button>
      </span>
      <span className="small mut only-wide">
        {note ?? (most ? t('upTo', { size: format.size(most) }) : '')}
      </span>
      <input
        ref={field}
        id={id}
        type="file"
        hidden
        accept={accept}
        multiple={multiple}
        aria-label={label}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          if (files.length > 0) take(files);
        }}
      />
    </div>
  );
}
