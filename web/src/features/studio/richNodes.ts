// The nodes of the editor that StarterKit lacks: formulas and pictures, as the server's documents have them.
import { Node } from '@tiptap/react';
import { MOST_TEX } from '~/ui/Formula';
import { drawFormula } from '~/ui/katexRender';
import { pictureAddress } from '~/ui/RichText';
import { isDrawn } from '~/ui/texRules';

const formula = (name: 'math_inline' | 'math_block') =>
  Node.create({
    name,
    group: name === 'math_inline' ? 'inline' : 'block',
    inline: name === 'math_inline',
    atom: true,
    selectable: true,
    addAttributes: () => ({ latex: { default: '' } }),
    parseHTML: () => [
      {
        tag: `[data-tex="${name}"]`,
        getAttrs: (element) => ({ latex: element.textContent ?? '' }),
      },
    ],
    // What a copy of it becomes elsewhere: its source.
    renderHTML: ({ node }) => [
      name === 'math_inline' ? 'span' : 'div',
      { 'data-tex': name },
      String(node.attrs.latex),
    ],
    renderText: ({ node }) => `$${String(node.attrs.latex)}$`,
    addNodeView:
      () =>
      ({ node }) => {
        const dom = document.createElement(name === 'math_inline' ? 'span' : 'div');
        dom.dir = 'ltr';
        dom.dataset.formula = name;
        const draw = (latex: string) => {
          if (latex && isDrawn(latex, MOST_TEX) && drawFormula(dom, latex, name === 'math_block')) return;
          const source = document.createElement('code');
          source.textContent = latex || '$ $';
          dom.replaceChildren(source);
        };
        draw(String(node.attrs.latex));
        return {
          dom,
          update: (next) => {
            if (next.type.name !== name) return false;
            draw(String(next.attrs.latex));
            return true;
          },
          ignoreMutation: () => true,
        };
      },
  });

export const MathInline = formula('math_inline');
export const MathBlock = formula('math_block');

/** A picture that stands between paragraphs. Only pictures of this server: a pasted one from elsewhere is left out. */
export const Picture = Node.create({
  name: 'image',
  group: 'block',
  atom: true,
  selectable: true,
  addAttributes: () => ({
    src: { default: null },
    alt: { default: '' },
    width: { default: null },
    height: { default: null },
  }),
  parseHTML: () => [
    {
      tag: 'img[src]',
      getAttrs: (element) => {
        const src = pictureAddress(element.getAttribute('src'));
        if (!src) return false;
        return {
          src,
          alt: element.getAttribute('alt') ?? '',
          width: Number(element.getAttribute('width')) || null,
          height: Number(element.getAttribute('height')) || null,
        };
      },
    },
  ],
  renderHTML: ({ node }) => [
    'img',
    {
      src: pictureAddress(node.attrs.src) ?? '',
      alt: String(node.attrs.alt ?? ''),
      ...(node.attrs.width && node.attrs.height
        ? { width: String(node.attrs.width), height: String(node.attrs.height) }
        : {}),
    },
  ],
});
