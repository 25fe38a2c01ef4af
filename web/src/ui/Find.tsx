// A field that looks for what was typed when the typing pauses.
import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { asTyped } from './typedDir';
import { useTyped } from './useTyped';

type Props = {
  /** What is looked for now. */
  q: string;
  set: (q: string) => void;
  label: string;
  className?: string;
};

export function Find({ q, set, label, className = 'grow' }: Props) {
  const [text, setText] = useTyped(q, set);
  return (
    <TextInput
      className={className}
      type="search"
      size="xs"
      aria-label={label}
      placeholder={label}
      maxLength={200}
      leftSection={<IconSearch size={18} stroke={1.75} aria-hidden />}
      value={text}
      {...asTyped(text)}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}
