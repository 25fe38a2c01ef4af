// Chapters of a video: a time and a title each. What the file brought stands until the author saves their own.
import { Button, TextInput } from '@mantine/core';
import { IconAlertCircle, IconPlus, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { toast } from '~/ui/toast';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { type ChapterRow, chapterFaults, chaptersOf } from './clock';
import { showVideo, type VideoView } from './queries';
import { putChapters } from './videoCalls';

const MOST = 100;

type Props = { courseId: string; video: VideoView };

export function ChaptersPart({ courseId, video }: Props) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const id = useId();
  const count = useRef(0);
  const row = (at: string, title: string): ChapterRow => ({ key: String(count.current++), at, title });
  const saved = video.chapters;
  /** Only what is being changed; else what the server has. */
  const [rows, setRows] = useState<ChapterRow[] | undefined>(undefined);
  const [tried, setTried] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const shown = rows ?? [];
  const faults = chapterFaults(shown, video.duration_s ?? 0);
  const save = useMutation({
    mutationFn: () => putChapters(video.id, chaptersOf(shown)),
    onSuccess: ({ chapters }) => {
      showVideo(courseId, { ...video, chapters });
      setRows(undefined);
      setTried(false);
      toast({ text: t('chapters.saved') });
    },
  });
  const edit = () => {
    const known = saved.map((chapter) => row(format.clock(chapter.start_s), chapter.title));
    setRows(known.length > 0 ? known : [row('0:00', '')]);
  };
  const change = (key: string, part: Partial<ChapterRow>) =>
    setRows(shown.map((old) => (old.key === key ? { ...old, ...part } : old)));
  const add = () => {
    setRows([...shown, row('', '')]);
    // The new row is there after this draw.
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLInputElement>('li:last-child input')?.focus(),
    );
  };
  const submit = () => {
    setTried(true);
    if (faults.every((fault) => fault === undefined)) save.mutate();
    else list.current?.querySelectorAll('li')[faults.findIndex(Boolean)]?.querySelector('input')?.focus();
  };
  return (
    <fieldset className={css.field}>
      <legend className={css.label}>{t('chapters.title')}</legend>
      {rows === undefined ? (
        <>
          {saved.length > 0 ? (
            <ol className={css.chapterList}>
              {saved.map((chapter) => (
                <li key={chapter.start_s}>
                  <span className="num mut">
                    <bdi>{format.clock(chapter.start_s)}</bdi>
                  </span>
                  <span>
                    <bdi>{chapter.title}</bdi>
                  </span>
                </li>
              ))}
            </ol>
          ) : (
            <p className="small mut">{t('chapters.none')}</p>
          )}
          <div>
            <Button size="xs" variant="default" onClick={edit}>
              {t(saved.length > 0 ? 'chapters.change' : 'chapters.add')}
            </Button>
          </div>
        </>
      ) : (
        <>
          <ul className={css.chapterRows} ref={list}>
            {shown.map((item, index) => {
              const fault = tried ? faults[index] : undefined;
              return (
                <li key={item.key}>
                  <TextInput
                    aria-label={t('chapters.time', { number: format.number(index + 1) })}
                    placeholder="0:00"
                    dir="ltr"
                    value={item.at}
                    error={fault !== undefined && fault !== 'title'}
                    {...(fault ? { 'aria-describedby': `${id}-${item.key}` } : {})}
                    onChange={(event) => change(item.key, { at: event.currentTarget.value })}
                  />
                  <TextInput
                    aria-label={t('chapters.name', { number: format.number(index + 1) })}
                    placeholder={t('chapters.namePlace')}
                    {...asTyped(item.title)}
                    maxLength={200}
                    value={item.title}
                    error={fault === 'title'}
                    {...(fault ? { 'aria-describedby': `${id}-${item.key}` } : {})}
                    onChange={(event) => change(item.key, { title: event.currentTarget.value })}
                  />
                  <button
                    type="button"
                    className={css.icon}
                    aria-label={t('chapters.remove', { number: format.number(index + 1) })}
                    onClick={() => setRows(shown.filter((old) => old.key !== item.key))}
                  >
                    <IconX size={18} stroke={1.75} aria-hidden />
                  </button>
                  {fault && (
                    <p className={css.chapterFault} id={`${id}-${item.key}`}>
                      <IconAlertCircle size={16} stroke={1.75} aria-hidden />
                      {t(`chapters.fault.${fault}`)}
                    </p>
                  )}
                </li>
              );
            })}
          </ul>
          {shown.length === 0 && <p className="small mut">{t('chapters.off')}</p>}
          {save.isError && <Note tone="bad">{errorText(save.error)}</Note>}
          <div className={css.chapterActions}>
            {shown.length < MOST && (
              <Button
                size="xs"
                variant="subtle"
                leftSection={<IconPlus size={16} stroke={1.75} aria-hidden />}
                onClick={add}
              >
                {t('chapters.more')}
              </Button>
            )}
            <span className="grow" />
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                setRows(undefined);
                setTried(false);
                save.reset();
              }}
            >
              {t('common:cancel')}
            </Button>
            <Button size="xs" loading={save.isPending} onClick={submit}>
              {t('common:save')}
            </Button>
          </div>
        </>
      )}
    </fieldset>
  );
}
