/** How somebody is called in the header; an account without names by its address. */
export const fullName = (me: { first_name: string; last_name: string; email: string }): string =>
  `${me.first_name} ${me.last_name}`.trim() || me.email;
