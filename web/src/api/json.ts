// Small parts of a call outside the typed client.

/** A body of JSON for `call`. */
export const json = (body: unknown) => ({ body: JSON.stringify(body), type: 'application/json' });

/** Only what has a value: the typed client wants no `undefined`. */
export function given<T extends Record<string, unknown>>(all: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && value !== ''),
  ) as { [K in keyof T]?: NonNullable<T[K]> };
}
