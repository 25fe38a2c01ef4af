// Who may open the source of a task: its author, and those who look after all courses (CRS-39). The server checks the same.

const editors = ['curator', 'moderator', 'admin', 'super_admin'];

export const isStaff = (roles: readonly string[] | undefined): boolean =>
  roles?.some((role) => editors.includes(role)) === true;

export const maysEdit = (
  me: { id: string; roles: readonly string[] } | undefined,
  author: string | undefined,
): boolean => me !== undefined && (me.id === author || isStaff(me.roles));
