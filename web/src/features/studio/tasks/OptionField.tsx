// The words of an option in one line with light marks, and how a formula in it will look.
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Labelled } from '~/features/tasks/contract';
import { InlineText } from '~/ui/RichText';
import { asTyped } from '~/ui/typedDir';
import { docOf, markedOf } from './marked';
import css from './TaskEditor.module.css';

type Props = {
  label: string;
  option: Labelled;
  change: (option: Labelled) => void;
  error?: string | undefined;
};

export function OptionField({ label, option, change, error }: Props) {
  const [typed, setTyped] = useState(() => markedOf(option.text));
  // Another version was taken over: its words, unless they are an echo of what is typed here.
  const words = JSON.stringify(docOf(typed)) === JSON.stringify(option.text) ? typed : markedOf(option.text);
  const marked = /[$`*]|!\[/.test(words);
  return (
    <div className={css.option}>
      <TextInput
        aria-label={label}
        placeholder={label}
        value={words}
        maxLength={1000}
        {...asTyped(words)}
        error={error}
        onChange={(event) => {
          const next = event.currentTarget.value;
          setTyped(next);
          change({ ...option, text: docOf(next) });
        }}
      />
      {marked && (
        <span className={css.shown} aria-hidden>
          <InlineText doc={option.text} />
        </span>
      )}
    </div>
  );
}
