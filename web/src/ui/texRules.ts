// Which formulas are drawn at all. Pure. A formula that defines commands may make a few words into millions, in the
// tab of everybody who reads it: definitions are shown as they were written, never expanded.

/** Longest formula of a message that is drawn, characters. */
export const CHAT_TEX = 500;
/** Formulas of one message that are drawn; the others stand there as they were written. */
export const CHAT_FORMULAS = 50;

/** The commands that define or reach beyond their group. The server refuses them too (courses/document.rs). */
const DEFINES =
  /\\(?:def|gdef|edef|xdef|let|futurelet|newcommand|renewcommand|providecommand|global|long)(?![a-zA-Z@])/;

export const definesCommands = (tex: string): boolean => DEFINES.test(tex);

/** Whether a formula is drawn, being at most `most` characters long. */
export const isDrawn = (tex: string, most: number): boolean => tex.length <= most && !definesCommands(tex);

/** How many commands KaTeX may expand in a formula of that length; its own ones only, of which none leads to itself. */
export const expansions = (tex: string): number => 50 * Math.max(1, Math.ceil(tex.length / CHAT_TEX));
