// A file in a list, and one that is still going up: its progress, what holds it back, and the ways to go on.
import { IconFile, IconX } from '@tabler/icons-react';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { Progress } from '~/ui/Progress';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './FileLine.module.css';
import { mayRetry, type UploadItem } from './list';
import { cancelUpload, continueUpload, resumeUpload } from './manager';

/** `children`: what stands between its size and the cross. `size` in bytes. */
export function FileLine({
  name,
  size,
  remove,
  children,
}: {
  name: string;
  size: number;
  remove: () => void;
  children?: ReactNode;
}) {
  const format = useFormat();
  return (
    <Line name={name} remove={remove}>
      <span className="grow clip">
        <bdi>{name}</bdi>
      </span>
      <span className="small mut nb">
        <bdi>{format.size(size)}</bdi>
      </span>
      {children}
    </Line>
  );
}

export function FileUpload({ item }: { item: UploadItem }) {
  return (
    <Line name={item.name} remove={() => void cancelUpload(item.key)}>
      <span className="grow">
        <bdi className="clip">{item.name}</bdi>
        <HowFar item={item} />
      </span>
    </Line>
  );
}

function Line({ name, remove, children }: { name: string; remove: () => void; children: ReactNode }) {
  const { t } = useTranslation('uploads');
  return (
    <li className={css.line}>
      <IconFile size={20} stroke={1.75} className="mut" aria-hidden />
      {children}
      <button type="button" className={css.remove} aria-label={t('remove', { name })} onClick={remove}>
        <IconX size={18} stroke={1.75} />
      </button>
    </li>
  );
}

function HowFar({ item }: { item: UploadItem }) {
  const { t } = useTranslation(['uploads', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const picker = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState(false);
  const goOn = (
    <button type="button" className="link" onClick={() => continueUpload(item.key)}>
      {t('common:retry')}
    </button>
  );
  if (item.state === 'failed') {
    return (
      <Note tone="bad">
        {errorText(item.error)} {mayRetry(item.error) && goOn}
      </Note>
    );
  }
  if (item.state === 'offline') {
    return (
      <span className="small mut">
        {item.error ? errorText(item.error) : t('offline')} {goOn}
      </span>
    );
  }
  if (item.state !== 'file') return <Progress percent={(item.sent / Math.max(1, item.size)) * 100} />;
  const picked = (file: File | undefined) => {
    if (!file || !item.uploadId) return;
    setWrong(!resumeUpload({ ...item, uploadId: item.uploadId }, file));
  };
  return (
    <span className="small mut">
      {wrong ? (
        <span role="alert">{t('otherFile', { name: item.name, size: format.size(item.size) })}</span>
      ) : (
        t('interrupted')
      )}{' '}
      <button type="button" className="link" onClick={() => picker.current?.click()}>
        {t('chooseAgain')}
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label={t('chooseAgain')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          picked(file);
        }}
      />
    </span>
  );
}
