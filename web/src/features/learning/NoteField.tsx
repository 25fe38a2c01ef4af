// Where a note is written: grows with its text; Ctrl or Cmd with Enter saves.
import { Textarea } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { asTyped } from '~/ui/typedDir';
import { useFormat } from '~/ui/useFormat';
import { MOST } from './notes';

type Props = {
  label: string;
  value: string;
  change: (text: string) => void;
  submit: () => void;
  focus?: boolean;
};

export function NoteField({ label, value, change, submit, focus = false }: Props) {
  const { t } = useTranslation('notes');
  const format = useFormat();
  const left = MOST - value.length;
  return (
    <Textarea
      aria-label={label}
      placeholder={label}
      {...asTyped(value)}
      autosize
      minRows={2}
      maxRows={12}
      maxLength={MOST}
      value={value}
      data-autofocus={focus || undefined}
      // The person has just pressed "change".
      autoFocus={focus}
      description={left < 500 ? t('left', { count: left, value: format.number(left) }) : undefined}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        submit();
      }}
    />
  );
}
