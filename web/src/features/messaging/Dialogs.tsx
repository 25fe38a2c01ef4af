// Questions that are asked before something is done: deleting, reporting, blocking. And an image in full.
import { Button, Modal, Radio, Textarea, TextInput } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconDownload } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatFile, ChatMessage } from '~/live/protocol';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import css from './Chat.module.css';
import { useDownload } from './Files';
import { block, fileLinkQuery, type ReportKind, report, reportKinds } from './queries';
import { useFaultText } from './useFault';

type Base = { message: ChatMessage; close: () => void };

export function DeleteDialog({
  message,
  close,
  withReason,
  remove,
}: Base & { withReason: boolean; remove: (reason: string | undefined) => Promise<unknown> }) {
  const { t } = useTranslation(['chat', 'common']);
  const fault = useFaultText();
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState(false);
  const wordless = withReason && reason.trim() === '';
  const work = useMutation({
    mutationFn: () => remove(reason.trim() || undefined),
    onSuccess: close,
  });
  return (
    <Modal opened onClose={close} radius="xl" title={t('deleteAsk')} closeButtonProps={closing(t)}>
      <p>{t(withReason ? 'deleteTextModerator' : 'deleteText', { name: message.author_name })}</p>
      {withReason && (
        <TextInput
          mt="md"
          label={t('reason')}
          value={reason}
          maxLength={500}
          required
          error={asked && wordless ? t('reasonMissing') : undefined}
          {...asTyped(reason)}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
      {work.isError && <Note tone="bad">{fault(work.error)}</Note>}
      <div className={css.dialogActions}>
        <Button variant="default" data-autofocus onClick={close}>
          {t('keep')}
        </Button>
        <Button
          color="red"
          variant="outline"
          loading={work.isPending}
          onClick={() => {
            setAsked(true);
            if (!wordless) work.mutate();
          }}
        >
          {t('delete')}
        </Button>
      </div>
    </Modal>
  );
}

export function ReportDialog({ room, message, close }: Base & { room: string }) {
  const { t } = useTranslation(['chat', 'common']);
  const errorText = useErrorText();
  const [kind, setKind] = useState<ReportKind | undefined>(undefined);
  const [text, setText] = useState('');
  const work = useMutation({
    mutationFn: (chosen: ReportKind) => report(room, message.id, chosen, text.trim()),
    onSuccess: () => {
      toast({ text: t('reported') });
      close();
    },
  });
  const [asked, setAsked] = useState(false);
  const wordless = kind === 'other' && text.trim() === '';
  return (
    <Modal opened onClose={close} radius="xl" title={t('reportAsk')} closeButtonProps={closing(t)}>
      <p className="small mut">{t('reportText')}</p>
      <Radio.Group
        mt="md"
        label={t('reportKind')}
        value={kind ?? ''}
        error={asked && !kind ? t('reportChoose') : undefined}
        onChange={(value) => setKind(value as ReportKind)}
      >
        <div className={css.choices}>
          {reportKinds.map((value) => (
            <Radio key={value} value={value} label={t(`reportKinds.${value}`)} />
          ))}
        </div>
      </Radio.Group>
      <Textarea
        mt="md"
        label={t('reportMore')}
        value={text}
        maxLength={1000}
        autosize
        minRows={2}
        maxRows={6}
        {...asTyped(text)}
        error={asked && wordless ? t('reportSay') : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {work.isError && <Note tone="bad">{errorText(work.error)}</Note>}
      <div className={css.dialogActions}>
        <Button variant="default" onClick={close}>
          {t('common:cancel')}
        </Button>
        <Button
          loading={work.isPending}
          onClick={() => {
            setAsked(true);
            if (kind && !wordless) work.mutate(kind);
          }}
        >
          {t('reportSend')}
        </Button>
      </div>
    </Modal>
  );
}

export function BlockDialog({ message, close }: Base) {
  const { t } = useTranslation(['chat', 'common']);
  const errorText = useErrorText();
  const name = message.author_name;
  const work = useMutation({
    mutationFn: () => block(message.author, true),
    onSuccess: () => {
      toast({
        text: t('blocked', { name }),
        action: {
          label: t('common:undo'),
          run: () =>
            void block(message.author, false).catch((error: unknown) => toast({ text: errorText(error) })),
        },
      });
      close();
    },
  });
  return (
    <Modal opened onClose={close} radius="xl" title={t('blockAsk', { name })} closeButtonProps={closing(t)}>
      <p>{t('blockText')}</p>
      {work.isError && <Note tone="bad">{errorText(work.error)}</Note>}
      <div className={css.dialogActions}>
        <Button variant="default" data-autofocus onClick={close}>
          {t('common:cancel')}
        </Button>
        <Button color="red" variant="outline" loading={work.isPending} onClick={() => work.mutate()}>
          {t('block')}
        </Button>
      </div>
    </Modal>
  );
}

/** An image in full, with the other images of its message. */
export function Viewer({
  files,
  start,
  close,
}: {
  files: readonly ChatFile[];
  start: ChatFile;
  close: () => void;
}) {
  const { t } = useTranslation(['chat', 'common']);
  const download = useDownload();
  const images = files.filter((file) => file.kind === 'image');
  const [index, setIndex] = useState(
    Math.max(
      0,
      images.findIndex((file) => file.id === start.id),
    ),
  );
  const file = images[index] ?? start;
  const link = useQuery(fileLinkQuery(file.id));
  const errorText = useErrorText();
  const step = (by: number) => setIndex((index + by + images.length) % images.length);
  return (
    <Modal
      opened
      fullScreen
      onClose={close}
      title={<bdi className="clip">{file.name}</bdi>}
      classNames={{ body: css.viewer ?? '' }}
      closeButtonProps={closing(t)}
      onKeyDown={(event) => {
        const rtl = document.documentElement.dir === 'rtl';
        const by = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
        if (by && images.length > 1) step(by);
      }}
    >
      <div className={css.viewerImage}>
        {link.isError ? (
          <Note tone="bad">{errorText(link.error)}</Note>
        ) : (
          link.data && <img src={link.data.url} alt={file.name} />
        )}
      </div>
      <div className={css.viewerBar}>
        {images.length > 1 && (
          <>
            <Button
              variant="default"
              aria-label={t('imageBefore')}
              onClick={() => step(-1)}
              leftSection={<IconChevronLeft size={18} className="flip" aria-hidden />}
            >
              {index + 1}/{images.length}
            </Button>
            <Button variant="default" aria-label={t('imageNext')} onClick={() => step(1)}>
              <IconChevronRight size={18} className="flip" aria-hidden />
            </Button>
          </>
        )}
        <Button
          variant="default"
          leftSection={<IconDownload size={18} stroke={1.75} aria-hidden />}
          onClick={() => void download(file)}
        >
          {t('downloadWord')}
        </Button>
      </div>
    </Modal>
  );
}

const closing = (t: (key: 'common:close') => string) => ({ 'aria-label': t('common:close') });
