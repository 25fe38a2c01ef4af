// What the list of the work on videos can be narrowed to, and what can be done in each state. Pure.

export const filters = ['all', 'waiting', 'running', 'failed', 'ready', 'cancelled'] as const;
export type Filter = (typeof filters)[number];

const states: Record<Filter, string | undefined> = {
  all: undefined,
  waiting: 'queued',
  running: 'probing,transcoding',
  failed: 'failed',
  ready: 'ready',
  cancelled: 'cancelled',
};

/** The server's names of the states of a filter; nothing for all. */
export const statesOf = (filter: Filter): string | undefined => states[filter];

export type Deed = 'retry' | 'cancel' | 'first';

export function deedsFor(video: { state: string; priority: string }): Deed[] {
  switch (video.state) {
    case 'queued':
      return video.priority === 'first' ? ['cancel'] : ['first', 'cancel'];
    case 'probing':
    case 'transcoding':
      return ['cancel'];
    case 'failed':
    case 'cancelled':
      return ['retry'];
    default:
      return [];
  }
}

/** Whoever may see and steer the work of all authors. */
export const isAdmin = (roles: readonly string[] | undefined): boolean =>
  roles?.some((role) => role === 'admin' || role === 'super_admin') === true;
