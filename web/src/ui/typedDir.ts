// Which way a field is written. `dir="auto"` looks at what was typed alone, and an empty field is left to right by it:
// in Hebrew the placeholder and the cursor would stand at the wrong end.

/** For the `dir` of a field that holds this: what is typed decides, and until then the page. */
export function typedDir(typed: string | null | undefined): 'auto' | undefined {
  return typed ? 'auto' : undefined;
}

/** The same for a field of Mantine, whose own `dir` goes to the frame around the input, which sees nothing typed. */
export const asTyped = (text: string | null | undefined) => ({
  attributes: { input: { dir: typedDir(text) } },
});
