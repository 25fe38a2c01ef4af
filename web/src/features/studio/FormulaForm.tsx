// A formula is written here, with how it will look beside it.
import { Button, Textarea } from '@mantine/core';
import type { Editor } from '@tiptap/react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Formula, MOST_TEX } from '~/ui/Formula';
import css from './RichEditor.module.css';

export type Chosen = { name: 'math_inline' | 'math_block'; latex: string; fresh: boolean };

export function FormulaForm({
  editor,
  chosen,
  close,
}: {
  editor: Editor;
  chosen: Chosen;
  close: () => void;
}) {
  const { t } = useTranslation(['taskEditor', 'common']);
  const [latex, setLatex] = useState(chosen.latex);
  const put = () => {
    const source = latex.trim();
    const chain = editor.chain().focus();
    if (!source) {
      if (!chosen.fresh) chain.deleteSelection().run();
    } else if (chosen.fresh) {
      // Behind what is chosen: a picture that was just put in is not to be replaced.
      chain.insertContentAt(editor.state.selection.to, { type: chosen.name, attrs: { latex: source } }).run();
    } else chain.updateAttributes(chosen.name, { latex: source }).run();
    close();
  };
  return (
    <div className={css.formula}>
      <Textarea
        label={t('formula.source')}
        description={t('formula.help')}
        value={latex}
        autosize
        minRows={1}
        maxRows={8}
        maxLength={MOST_TEX}
        data-autofocus
        autoFocus
        attributes={{ input: { dir: 'ltr', spellCheck: false } }}
        onChange={(event) => setLatex(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            put();
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            close();
          }
        }}
      />
      <div className={css.formulaShown} aria-live="polite">
        {latex.trim() && <Formula tex={latex.trim()} display={chosen.name === 'math_block'} />}
      </div>
      <div className={css.formActions}>
        <Button size="xs" onClick={put}>
          {t(chosen.fresh ? 'formula.put' : 'formula.change')}
        </Button>
        <Button size="xs" variant="default" onClick={close}>
          {t('common:cancel')}
        </Button>
      </div>
    </div>
  );
}
