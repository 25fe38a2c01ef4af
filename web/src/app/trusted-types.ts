// The one default policy of the page (CSP `require-trusted-types-for 'script'; trusted-types default`). Strings may
// become style text (Mantine writes its variables so) and the address of our own worker files; nothing else.

type Policy = {
  createHTML: (text: string) => string | null;
  createScriptURL: (url: string) => string | null;
};
type Factory = { createPolicy: (name: string, policy: Policy) => unknown };

let pasting = false;

/**
 * For the rest of this event the rich text editor may parse what is pasted. It does so in a document without a window
 * (no script runs, nothing is fetched) and keeps only the nodes of its schema.
 */
export function allowClipboard(): void {
  pasting = true;
  queueMicrotask(() => {
    pasting = false;
  });
}

export function allowOnlyStyles(): void {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  factory?.createPolicy('default', {
    // The text of a style element has no tags in it; anything with one is refused (the browser then throws).
    createHTML: (text) => (text.includes('<') && !pasting ? null : text),
    createScriptURL: (url) => {
      const target = new URL(url, location.href);
      return target.origin === location.origin && target.pathname.startsWith('/assets/') ? url : null;
    },
  });
}
