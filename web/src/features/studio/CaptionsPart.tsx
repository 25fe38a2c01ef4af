// Captions of a video by language: a file is dropped, a wrong one is refused with the line that is wrong.
import { Button, Select, TextInput } from '@mantine/core';
import { IconBadgeCc, IconX } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isApiError } from '~/api/error';
import { Note } from '~/ui/Note';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { useFormat } from '~/ui/useFormat';
import css from './Builder.module.css';
import { Drop } from './Drop';
import { languageName, languages } from './languages';
import type { VideoView } from './queries';
import { captionsQuery, deleteCaptions, MOST_CAPTIONS, putCaptions } from './videoCalls';

const reasons = [
  'captions_too_large',
  'captions_unknown_format',
  'captions_empty',
  'captions_timing',
  'captions_timing_missing',
  'captions_ends_before_start',
  'captions_too_many_cues',
  'captions_cue_too_long',
] as const;

/** The kind of fault in a file of captions and its line, out of a refusal. */
export function captionFault(more: Readonly<Record<string, unknown>>) {
  const reason = reasons.find((name) => name === more.reason);
  return reason && { reason, line: typeof more.line === 'number' ? more.line : 0 };
}

/** `lesson-1.ru.srt` says its language itself. */
export const languageOf = (name: string): string | undefined => {
  const found = /[._-]([a-z]{2})\.(?:vtt|srt)$/i.exec(name)?.[1]?.toLowerCase();
  return languages.find((language) => language === found);
};

export function CaptionsPart({ video }: { video: VideoView }) {
  const { t } = useTranslation(['studio', 'common']);
  const format = useFormat();
  const errorText = useErrorText();
  const captions = useQuery(captionsQuery(video.id));
  const [file, setFile] = useState<File | undefined>(undefined);
  const [language, setLanguage] = useState<string>(format.locale);
  const [label, setLabel] = useState('');
  const known = captions.data?.items ?? [];
  const put = useMutation({
    mutationFn: (what: File) =>
      putCaptions(video.id, language, label.trim() || languageName(language, language), what),
    onSuccess: () => {
      setFile(undefined);
      setLabel('');
    },
  });
  const remove = useMutation({ mutationFn: (of: string) => deleteCaptions(video.id, of) });
  /** A fault in the file is named with its line; anything else as everywhere. */
  const faultText = (error: unknown): string => {
    const fault = isApiError(error) ? captionFault(error.more) : undefined;
    return fault
      ? t(`captions.fault.${fault.reason}`, { line: format.number(fault.line) })
      : errorText(error);
  };
  const take = ([next]: File[]) => {
    if (!next) return;
    put.reset();
    setFile(next);
    const said = languageOf(next.name);
    if (said) setLanguage(said);
  };
  const tooLarge = file !== undefined && file.size > MOST_CAPTIONS;
  return (
    <div className={css.field}>
      <span className={css.label}>{t('captions.title')}</span>
      {captions.isError && !captions.data ? (
        <Note tone="bad">
          {errorText(captions.error)}{' '}
          <button type="button" className="link" onClick={() => void captions.refetch()}>
            {t('common:retry')}
          </button>
        </Note>
      ) : (
        <ul className={css.files}>
          {known.map((item) => (
            <li key={item.language}>
              <IconBadgeCc size={20} stroke={1.75} className="mut" aria-hidden />
              <span className="grow clip">
                <bdi>{item.label}</bdi>
              </span>
              <span className="small mut nb">
                {t('captions.cues', { count: item.cues, value: format.number(item.cues) })}
              </span>
              <button
                type="button"
                className={css.icon}
                aria-label={t('captions.remove', { name: item.label })}
                title={t('captions.remove', { name: item.label })}
                onClick={() => remove.mutate(item.language)}
              >
                <IconX size={18} stroke={1.75} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      {remove.isError && <Note tone="bad">{errorText(remove.error)}</Note>}
      {file ? (
        <form
          className={css.captionForm}
          onSubmit={(event) => {
            event.preventDefault();
            if (!tooLarge) put.mutate(file);
          }}
        >
          <p className="medium clip">
            <bdi>{file.name}</bdi>
          </p>
          <div className={css.pair}>
            <Select
              label={t('captions.language')}
              data={languages.map((code) => ({ value: code, label: languageName(code, format.locale) }))}
              value={language}
              onChange={(value) => value && setLanguage(value)}
              allowDeselect={false}
              searchable
            />
            <TextInput
              label={t('captions.label')}
              placeholder={languageName(language, language)}
              value={label}
              maxLength={60}
              {...asTyped(label)}
              onChange={(event) => setLabel(event.currentTarget.value)}
            />
          </div>
          {known.some((item) => item.language === language) && (
            <Note tone="warn">{t('captions.replaces')}</Note>
          )}
          {tooLarge && <Note tone="bad">{t('captions.tooLarge', { size: format.size(MOST_CAPTIONS) })}</Note>}
          {put.isError && <Note tone="bad">{faultText(put.error)}</Note>}
          <div className={css.dialogActions}>
            <Button size="xs" variant="default" onClick={() => setFile(undefined)}>
              {t('common:cancel')}
            </Button>
            <Button size="xs" type="submit" loading={put.isPending}>
              {t('captions.add')}
            </Button>
          </div>
        </form>
      ) : (
        <Drop
          label={t('captions.drop')}
          accept=".vtt,.srt,text/vtt,application/x-subrip"
          multiple={false}
          note="WebVTT, SRT"
          take={take}
        />
      )}
    </div>
  );
}
