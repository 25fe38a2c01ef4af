// The one default policy of the page (CSP `require-trusted-types-for 'script'; trusted-types default`). Strings may
// become style text (Mantine writes its variables so) and the address of our own worker files; nothing else.

type Policy = {
  createHTML: (text: string) => string | null;
  createScriptURL: (url: string) => string | null;
};
type Factory = { createPolicy: (name: string, policy: Policy) => unknown };

export function allowOnlyStyles(): void {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  factory?.createPolicy('default', {
    // The text of a style element has no tags in it; anything with one is refused (the browser then throws).
    createHTML: (text) => (text.includes('<') ? null : text),
    createScriptURL: (url) => {
      const target = new URL(url, location.href);
      return target.origin === location.origin && target.pathname.startsWith('/assets/') ? url : null;
    },
  });
}
