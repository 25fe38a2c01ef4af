// A picture for a text: the file, and what it shows for those who do not see it.
import { Button, Checkbox, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Editor } from '@tiptap/react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { Progress } from '~/ui/Progress';
import { asTyped } from '~/ui/typedDir';
import { useErrorText } from '~/ui/useErrorText';
import { Drop } from './Drop';
import css from './RichEditor.module.css';
import { addPicture } from './tasks/studioTasks';

/** `alt`: of the picture that is chosen in the text; absent for a new one. */
export function PictureForm({
  editor,
  alt: known,
  close,
}: {
  editor: Editor;
  alt: string | undefined;
  close: () => void;
}) {
  const { t } = useTranslation(['taskEditor', 'common']);
  const errorText = useErrorText();
  const [alt, setAlt] = useState(known ?? '');
  const [bare, setBare] = useState(known === '');
  const [file, setFile] = useState<File | undefined>(undefined);
  const [percent, setPercent] = useState(0);
  const [missing, setMissing] = useState(false);
  const fresh = known === undefined;
  const put = useMutation({
    mutationFn: async () => (file ? addPicture(file, setPercent) : undefined),
    onSuccess: (picture) => {
      const words = bare ? '' : alt.trim();
      const chain = editor.chain().focus();
      if (picture) {
        const { url: src, width, height } = picture;
        // Behind what is chosen: a formula that was just put in is not to be replaced.
        const node = { type: 'image', attrs: { src, alt: words, width, height } };
        chain.insertContentAt(editor.state.selection.to, node).run();
      } else chain.updateAttributes('image', { alt: words }).run();
      close();
    },
  });
  const send = () => {
    if ((fresh && !file) || (!bare && !alt.trim())) return setMissing(true);
    put.mutate();
  };
  return (
    <div className={css.formula}>
      {fresh &&
        (file ? (
          <p className="small">
            <bdi>{file.name}</bdi>
            {put.isPending && <Progress percent={percent} />}
          </p>
        ) : (
          <Drop
            label={t('picture.drop')}
            accept="image/png,image/jpeg,image/webp"
            multiple={false}
            note={t('picture.types')}
            take={([one]) => setFile(one)}
          />
        ))}
      {fresh && missing && !file && <p className={css.error}>{t('picture.noFile')}</p>}
      <TextInput
        label={t('picture.alt')}
        description={t('picture.altHelp')}
        value={bare ? '' : alt}
        disabled={bare}
        maxLength={500}
        {...asTyped(alt)}
        error={missing && !bare && !alt.trim() ? t('picture.altMissing') : undefined}
        onChange={(event) => setAlt(event.currentTarget.value)}
      />
      <Checkbox
        label={t('picture.bare')}
        checked={bare}
        onChange={(event) => setBare(event.currentTarget.checked)}
      />
      {put.isError && <Note tone="bad">{errorText(put.error)}</Note>}
      <div className={css.formActions}>
        <Button size="xs" loading={put.isPending} onClick={send}>
          {t(fresh ? 'picture.put' : 'picture.change')}
        </Button>
        <Button size="xs" variant="default" onClick={close}>
          {t('common:cancel')}
        </Button>
      </div>
    </div>
  );
}
