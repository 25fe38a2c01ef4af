// The questions of a lesson while they are edited: rows with keys of their own, and what a save makes of them. Pure.

export type Question = { id?: string; wording: string; options: string[]; right: number };
/** `key` holds a question to its fields, before and after the server has given it an id. */
export type Row = Question & { key: string };

/** The rows of what the server holds; `keys` remembers which key a question was made under here. */
export const rowsOf = (questions: readonly Question[], keys: ReadonlyMap<string, string>): Row[] =>
  questions.map((question, index) => ({
    ...question,
    key: (question.id && (keys.get(question.id) ?? question.id)) || `at ${index}`,
  }));

/** As the server takes them. */
export const toSend = (rows: readonly Row[]): Question[] =>
  rows.map(({ key: _key, ...question }) => ({
    ...question,
    wording: question.wording.trim(),
    options: question.options.map((option) => option.trim()),
  }));

/**
 * What is still unsaved after `sent` was answered with `fresh`. Nothing when the rows are those that were sent; else what
 * is there now, with the ids that the questions have got, so that the next save makes none of them twice.
 */
export function afterSave(
  now: readonly Row[] | undefined,
  sent: readonly Row[],
  fresh: readonly Question[],
): readonly Row[] | undefined {
  if (now === undefined || now === sent) return undefined;
  const ids = new Map(sent.map((row, index) => [row.key, fresh[index]?.id]));
  return now.map((row) => {
    const id = ids.get(row.key) ?? row.id;
    return id === undefined ? row : { ...row, id };
  });
}
