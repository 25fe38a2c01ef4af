// The editor of rich text: the nodes and marks that the server takes, and nothing else. Gives a document tree, not HTML.
import {
  IconBlockquote,
  IconBold,
  IconCode,
  IconH2,
  IconH3,
  IconItalic,
  IconLink,
  IconList,
  IconListNumbers,
  IconMath,
  IconMathFunction,
  IconPhoto,
  IconSourceCode,
  IconStrikethrough,
} from '@tabler/icons-react';
import { type Editor, EditorContent, useEditor, useEditorState } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { type ComponentType, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '~/api/client';
import { allowClipboard } from '~/app/trusted-types';
import { safeLink } from '~/ui/RichText';
import rich from '~/ui/RichText.module.css';
import { type Chosen, FormulaForm } from './FormulaForm';
import { PictureForm } from './PictureForm';
import css from './RichEditor.module.css';
import { MathBlock, MathInline, Picture } from './richNodes';

type Doc = Schemas['Doc'];
type Props = {
  id?: string;
  label: string;
  help?: string;
  doc: Doc | null;
  error?: string | undefined;
  /** Pictures can be put in. */
  pictures?: boolean;
  change: (doc: Doc | null) => void;
};

/** Nothing is an empty paragraph: an empty string would be parsed as HTML. */
const content = (doc: Doc | null): object => doc ?? { type: 'doc', content: [{ type: 'paragraph' }] };

export function RichEditor({ id, label, help, doc, error, pictures = false, change }: Props) {
  const { t } = useTranslation('studio');
  const name = useId();
  const told = useRef(JSON.stringify(doc));
  const tell = useRef(change);
  tell.current = change;
  const editor = useEditor({
    extensions: [
      StarterKit.configure({
        heading: { levels: [2, 3] },
        underline: false,
        link: {
          openOnClick: false,
          autolink: true,
          protocols: ['http', 'https', 'mailto'],
          isAllowedUri: (href) => safeLink(href) !== undefined,
          HTMLAttributes: { target: null, rel: null, class: 'link' },
        },
      }),
      MathInline,
      MathBlock,
      ...(pictures ? [Picture] : []),
    ],
    content: content(doc),
    // Its style sheet is ours (RichEditor.module.css): an injected one would need a nonce.
    injectCSS: false,
    immediatelyRender: true,
    shouldRerenderOnTransaction: false,
    editorProps: {
      attributes: {
        class: `${rich.read} ${css.text}`,
        dir: 'auto',
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-labelledby': name,
      },
      handleDOMEvents: {
        paste: () => {
          allowClipboard();
          return false;
        },
        drop: () => {
          allowClipboard();
          return false;
        },
      },
    },
    onUpdate: ({ editor: now }) => {
      const value = now.isEmpty ? null : (now.getJSON() as Doc);
      told.current = JSON.stringify(value);
      tell.current(value);
    },
  });

  // A state of the server that is not an echo of what was typed here (somebody else's, after a conflict).
  useEffect(() => {
    const text = JSON.stringify(doc);
    if (!editor || text === told.current || editor.isFocused) return;
    told.current = text;
    editor.commands.setContent(content(doc), { emitUpdate: false });
  }, [doc, editor]);

  return (
    <div className={css.field} id={id}>
      <span className={css.label} id={name}>
        {label}
      </span>
      {help && <span className={css.help}>{help}</span>}
      <div className={`${css.box} ${error ? css.bad : ''}`}>
        {editor && <Bar editor={editor} label={t('format')} pictures={pictures} />}
        <EditorContent editor={editor} />
      </div>
      {error && (
        <span className={css.error} role="alert">
          {error}
        </span>
      )}
    </div>
  );
}

type Tool = {
  key: string;
  icon: ComponentType<{ size: number; stroke: number }>;
  on: boolean;
  run: () => void;
};

function Bar({ editor, label, pictures }: { editor: Editor; label: string; pictures: boolean }) {
  const { t } = useTranslation(['studio', 'common']);
  const [formula, setFormula] = useState<Chosen | undefined>(undefined);
  const [picture, setPicture] = useState<{ alt: string | undefined } | undefined>(undefined);
  const bar = useRef<HTMLDivElement>(null);
  const [linking, setLinking] = useState(false);
  const on = useEditorState({
    editor,
    selector: ({ editor: now }) => ({
      bold: now.isActive('bold'),
      italic: now.isActive('italic'),
      strike: now.isActive('strike'),
      code: now.isActive('code'),
      h2: now.isActive('heading', { level: 2 }),
      h3: now.isActive('heading', { level: 3 }),
      bullets: now.isActive('bulletList'),
      numbers: now.isActive('orderedList'),
      quote: now.isActive('blockquote'),
      block: now.isActive('codeBlock'),
      link: now.isActive('link'),
      math: now.isActive('math_inline'),
      mathBlock: now.isActive('math_block'),
      picture: now.isActive('image'),
    }),
  });
  const chain = () => editor.chain().focus();
  /** A formula that is chosen in the text is changed; else a new one is put in. */
  const pick = (name: Chosen['name'], chosen: boolean) =>
    setFormula({
      name,
      latex: chosen ? String(editor.getAttributes(name).latex ?? '') : '',
      fresh: !chosen,
    });
  const tools: Tool[] = [
    { key: 'bold', icon: IconBold, on: on.bold, run: () => chain().toggleBold().run() },
    { key: 'italic', icon: IconItalic, on: on.italic, run: () => chain().toggleItalic().run() },
    { key: 'strike', icon: IconStrikethrough, on: on.strike, run: () => chain().toggleStrike().run() },
    { key: 'h2', icon: IconH2, on: on.h2, run: () => chain().toggleHeading({ level: 2 }).run() },
    { key: 'h3', icon: IconH3, on: on.h3, run: () => chain().toggleHeading({ level: 3 }).run() },
    { key: 'bullets', icon: IconList, on: on.bullets, run: () => chain().toggleBulletList().run() },
    { key: 'numbers', icon: IconListNumbers, on: on.numbers, run: () => chain().toggleOrderedList().run() },
    { key: 'quote', icon: IconBlockquote, on: on.quote, run: () => chain().toggleBlockquote().run() },
    { key: 'code', icon: IconCode, on: on.code, run: () => chain().toggleCode().run() },
    { key: 'block', icon: IconSourceCode, on: on.block, run: () => chain().toggleCodeBlock().run() },
    {
      key: 'link',
      icon: IconLink,
      on: on.link,
      run: () => {
        if (on.link) chain().extendMarkRange('link').unsetLink().run();
        else setLinking(true);
      },
    },
    { key: 'math', icon: IconMath, on: on.math, run: () => pick('math_inline', on.math) },
    {
      key: 'mathBlock',
      icon: IconMathFunction,
      on: on.mathBlock,
      run: () => pick('math_block', on.mathBlock),
    },
    ...(pictures
      ? [
          {
            key: 'picture',
            icon: IconPhoto,
            on: on.picture,
            run: () =>
              setPicture({
                alt: on.picture ? String(editor.getAttributes('image').alt ?? '') : undefined,
              }),
          },
        ]
      : []),
  ];
  const step = (event: React.KeyboardEvent) => {
    const rtl = document.documentElement.dir === 'rtl';
    const by = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 }[event.key];
    const buttons = [...(bar.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (by === undefined || at < 0) return;
    event.preventDefault();
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
  };
  return (
    <>
      <div className={css.bar} role="toolbar" aria-label={label} ref={bar} onKeyDown={step}>
        {tools.map((tool, index) => (
          <button
            key={tool.key}
            type="button"
            aria-pressed={tool.on}
            tabIndex={index === 0 ? 0 : -1}
            aria-label={t(`tool.${tool.key}` as 'tool.bold')}
            title={t(`tool.${tool.key}` as 'tool.bold')}
            onClick={tool.run}
          >
            <tool.icon size={18} stroke={1.75} />
          </button>
        ))}
      </div>
      {linking && <LinkForm editor={editor} close={() => setLinking(false)} />}
      {formula && <FormulaForm editor={editor} chosen={formula} close={() => setFormula(undefined)} />}
      {picture && <PictureForm editor={editor} alt={picture.alt} close={() => setPicture(undefined)} />}
    </>
  );
}

function LinkForm({ editor, close }: { editor: Editor; close: () => void }) {
  const { t } = useTranslation(['studio', 'common']);
  const [href, setHref] = useState('');
  const [wrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const put = () => {
    const address = /^[a-z]+:/i.test(href.trim()) ? href.trim() : `https://${href.trim()}`;
    if (!href.trim() || !safeLink(address)) return setWrong(true);
    const chain = editor.chain().focus().extendMarkRange('link');
    if (editor.state.selection.empty) {
      chain
        .insertContent({ type: 'text', text: address, marks: [{ type: 'link', attrs: { href: address } }] })
        .run();
    } else chain.setLink({ href: address }).run();
    close();
  };
  return (
    <div className={css.link}>
      <input
        ref={field}
        type="url"
        dir="ltr"
        value={href}
        placeholder="https://"
        aria-label={t('linkAddress')}
        aria-invalid={wrong}
        onChange={(event) => {
          setHref(event.currentTarget.value);
          setWrong(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            put();
          } else if (event.key === 'Escape') {
            event.stopPropagation();
            close();
          }
        }}
      />
      <button type="button" className="link" onClick={put}>
        {t('putLink')}
      </button>
      <button type="button" className="link" onClick={close}>
        {t('common:cancel')}
      </button>
      {wrong && (
        <span className={css.error} role="alert">
          {t('linkWrong')}
        </span>
      )}
    </div>
  );
}
