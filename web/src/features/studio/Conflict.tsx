// Somebody (or another tab) has changed the same thing meanwhile: which one is to stay.
import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Note } from '~/ui/Note';
import { useErrorText } from '~/ui/useErrorText';
import css from './Builder.module.css';

type Props = { draft: { keepMine: () => Promise<void>; takeTheirs: () => Promise<void> }; what: string };

export function Conflict({ draft, what }: Props) {
  const { t } = useTranslation('studio');
  const errorText = useErrorText();
  const [busy, setBusy] = useState<'mine' | 'theirs' | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const choose = async (which: 'mine' | 'theirs') => {
    setBusy(which);
    setError(undefined);
    try {
      await (which === 'mine' ? draft.keepMine() : draft.takeTheirs());
    } catch (cause) {
      setError(cause);
    }
    setBusy(undefined);
  };
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} radius="xl" title={t('conflictTitle')}>
      <p>
        <bdi>{what}</bdi>. {t('conflictText')}
      </p>
      {error !== undefined && <Note tone="bad">{errorText(error)}</Note>}
      <div className={css.dialogActions}>
        <Button variant="default" loading={busy === 'theirs'} onClick={() => void choose('theirs')}>
          {t('takeTheirs')}
        </Button>
        <Button data-autofocus loading={busy === 'mine'} onClick={() => void choose('mine')}>
          {t('keepMine')}
        </Button>
      </div>
    </Modal>
  );
}
