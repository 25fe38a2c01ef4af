// The order of modules and lessons, and the moves in it. Pure.

export type Order = { id: string; lessons: string[] }[];

export type Spot = { module: string; index: number };

export const orderOf = (modules: readonly { id: string; lessons: readonly { id: string }[] }[]): Order =>
  modules.map(({ id, lessons }) => ({ id, lessons: lessons.map((lesson) => lesson.id) }));

export function spotOf(order: Order, lesson: string): Spot | undefined {
  for (const module of order) {
    const index = module.lessons.indexOf(lesson);
    if (index >= 0) return { module: module.id, index };
  }
  return undefined;
}

/** `spot.index` counts the lessons as they stand before the move: "before the one that is there now". */
export function moveLesson(order: Order, lesson: string, spot: Spot): Order {
  const from = spotOf(order, lesson);
  if (!from || !order.some((module) => module.id === spot.module)) return order;
  const shift = from.module === spot.module && from.index < spot.index ? 1 : 0;
  return order.map((module) => {
    const rest = module.lessons.filter((id) => id !== lesson);
    if (module.id !== spot.module) return { ...module, lessons: rest };
    const at = Math.max(0, Math.min(rest.length, spot.index - shift));
    return { ...module, lessons: [...rest.slice(0, at), lesson, ...rest.slice(at)] };
  });
}

export function moveModule(order: Order, module: string, index: number): Order {
  const from = order.findIndex(({ id }) => id === module);
  const moved = order[from];
  if (!moved) return order;
  const rest = order.filter(({ id }) => id !== module);
  const at = Math.max(0, Math.min(rest.length, index - (from < index ? 1 : 0)));
  return [...rest.slice(0, at), moved, ...rest.slice(at)];
}

/** One step up or down; at the edge of a module a lesson goes over into the next one. */
export function stepLesson(order: Order, lesson: string, by: 1 | -1): Order {
  const spot = spotOf(order, lesson);
  if (!spot) return order;
  const at = order.findIndex(({ id }) => id === spot.module);
  const here = order[at];
  if (!here) return order;
  const inside = by < 0 ? spot.index > 0 : spot.index < here.lessons.length - 1;
  if (inside) {
    return moveLesson(order, lesson, { module: here.id, index: by < 0 ? spot.index - 1 : spot.index + 2 });
  }
  const next = order[at + by];
  if (!next) return order;
  return moveLesson(order, lesson, { module: next.id, index: by < 0 ? next.lessons.length : 0 });
}

export function stepModule(order: Order, module: string, by: 1 | -1): Order {
  const at = order.findIndex(({ id }) => id === module);
  const to = at + by;
  if (at < 0 || to < 0 || to >= order.length) return order;
  return moveModule(order, module, by < 0 ? to : to + 1);
}

export const sameOrder = (one: Order, two: Order): boolean => JSON.stringify(one) === JSON.stringify(two);

/** The modules with their lessons in that order; what the order does not name is left out. */
export function arrange<L extends { id: string }, M extends { id: string; lessons: L[] }>(
  modules: readonly M[],
  order: Order,
): M[] {
  const lessons = new Map(modules.flatMap((module) => module.lessons).map((lesson) => [lesson.id, lesson]));
  const byId = new Map(modules.map((module) => [module.id, module]));
  return order.flatMap(({ id, lessons: ids }) => {
    const module = byId.get(id);
    if (!module) return [];
    return [{ ...module, lessons: ids.flatMap((lesson) => lessons.get(lesson) ?? []) }];
  });
}
