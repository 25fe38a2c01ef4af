// Who is shown which rooms of the staff. The server decides anew with every call; this only spares people doors that
// would not open. Pure.

const holds = (roles: readonly string[] | undefined, any: readonly string[]): boolean =>
  roles?.some((role) => any.includes(role)) === true;

const heads = ['admin', 'super_admin'] as const;

/** Works for the school in any way that has rooms of its own. */
export const isStaff = (roles: readonly string[] | undefined): boolean =>
  holds(roles, ['curator', 'support', 'moderator', ...heads]);

/** Answers students anywhere, and talks in the staff's own room. Authors answer in their courses; roles do not say who they are. */
export const answers = isStaff;

/** Writes the answers to frequent questions. */
export const editsFaq = answers;

/** Decides about reported and held messages. */
export const moderates = (roles: readonly string[] | undefined): boolean =>
  holds(roles, ['curator', 'moderator', ...heads]);

/** Looks through the cases of the rooms in which they keep order: everybody may teach, and so keep order in their courses. */
export const looksThrough = (roles: readonly string[] | undefined): boolean => roles !== undefined;

/** Keeps the lists of words that are not allowed. */
export const keepsWords = (roles: readonly string[] | undefined): boolean =>
  holds(roles, ['moderator', ...heads]);

/** Speaks to the whole school. */
export const announces = moderates;

/** Reads what the staff did and why. */
export const readsAudit = (roles: readonly string[] | undefined): boolean => holds(roles, heads);
