// The files of a message: images as small copies whose room is kept before they come, anything else as a row to download.
import { IconDownload, IconFile, IconPhotoOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatFile } from '~/live/protocol';
import { toast } from '~/ui/toast';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Chat.module.css';
import { fileLink, fileLinkQuery } from './queries';
import { useThread } from './thread';

/** The largest room that a small copy takes, in pixels. */
const WIDE = 260;
const HIGH = 220;

/** The size at which an image is shown: never larger than it is. */
export function thumbSize(width: number, height: number): { width: number; height: number } {
  if (!(width > 0 && height > 0)) return { width: WIDE, height: Math.round(WIDE * 0.75) };
  const scale = Math.min(1, WIDE / width, HIGH / height);
  return { width: Math.max(40, Math.round(width * scale)), height: Math.max(40, Math.round(height * scale)) };
}

export function Files({ files }: { files: readonly ChatFile[] }) {
  return (
    <div className={css.files}>
      {files.map((file) =>
        file.kind === 'image' ? (
          <Thumb key={file.id} file={file} files={files} />
        ) : (
          <FileRow key={file.id} file={file} />
        ),
      )}
    </div>
  );
}

function Thumb({ file, files }: { file: ChatFile; files: readonly ChatFile[] }) {
  const { t } = useTranslation('chat');
  const thread = useThread();
  // A small copy that is here stays: a fresh link would bring the same bytes again.
  const link = useQuery({ ...fileLinkQuery(file.id), refetchInterval: false, refetchOnWindowFocus: false });
  const size = thumbSize(file.width ?? 0, file.height ?? 0);
  const source = link.data?.thumb_url ?? link.data?.url;
  const [kept, keep] = useState<string | undefined>(undefined);
  /** The address that brought nothing: a fresh one is tried. */
  const [bad, setBad] = useState<string | undefined>(undefined);
  const shown = kept ?? source;
  const broken = link.isError || (shown !== undefined && shown === bad);
  return (
    <button
      type="button"
      className={css.thumb}
      aria-label={t('openImage', { name: file.name })}
      style={size}
      onClick={() => {
        if (broken) void link.refetch();
        thread.view(files, file);
      }}
    >
      {broken ? (
        <IconPhotoOff size={24} stroke={1.5} aria-hidden />
      ) : (
        shown && (
          <img
            src={shown}
            alt=""
            {...size}
            loading="lazy"
            onLoad={() => keep(shown)}
            onError={() => {
              keep(undefined);
              setBad(shown);
            }}
          />
        )
      )}
    </button>
  );
}

function FileRow({ file }: { file: ChatFile }) {
  const { t } = useTranslation('chat');
  const format = useFormat();
  const download = useDownload();
  return (
    <button
      type="button"
      className={css.file}
      aria-label={t('download', { name: file.name })}
      onClick={() => void download(file)}
    >
      <IconFile size={22} stroke={1.75} aria-hidden />
      <span>
        <b className="clip">
          <bdi>{file.name}</bdi>
        </b>
        <bdi className="micro mut">{format.size(file.size)}</bdi>
      </span>
      <IconDownload size={18} stroke={1.75} aria-hidden />
    </button>
  );
}

/** The server sends it as an attachment: the page stays where it is. */
export function useDownload() {
  const errorText = useErrorText();
  return async (file: ChatFile) => {
    try {
      const { url } = await fileLink(file.id);
      const link = document.createElement('a');
      link.href = url;
      link.download = file.name;
      link.rel = 'noopener';
      link.click();
    } catch (error) {
      toast({ text: errorText(error) });
    }
  };
}
