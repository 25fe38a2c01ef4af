// A claim on a question: taken when it is opened, renewed while it is shown, given back on leaving. The server lets it
// lapse two minutes after the last renewal, so a page that dies holds nothing for long.
import { type ApiError, isApiError } from '~/api/error';
import type { Person } from './contract';

/** Pause between renewals, in milliseconds. */
export const RENEW = 40_000;
/** Leafing through the queue claims nothing: only what stays open this long, in milliseconds. */
export const SETTLE = 500;
/** How soon a question that another had is tried again, in milliseconds. */
export const AGAIN = 30_000;

export type ClaimState =
  | { phase: 'asking' }
  | { phase: 'mine' }
  | { phase: 'theirs'; by: Person | undefined }
  | { phase: 'failed'; error: unknown };

export type ClaimPorts = {
  claim: () => Promise<unknown>;
  renew: () => Promise<unknown>;
  /** Must outlive the page. */
  release: () => Promise<unknown>;
  later: (work: () => void, milliseconds: number) => () => void;
  changed: (state: ClaimState) => void;
};

export type Claim = { end: (giveBack?: boolean) => void; again: () => void };

/** Who has it, as the refusal says. */
export function holder(error: ApiError): Person | undefined {
  const by = error.more.claimed_by as Partial<Person> | undefined;
  return typeof by?.id === 'string' && typeof by.name === 'string' ? { id: by.id, name: by.name } : undefined;
}

export function startClaim(ports: ClaimPorts): Claim {
  let over = false;
  let held = false;
  let cancel = ports.later(take, SETTLE);

  const set = (state: ClaimState) => {
    if (!over) ports.changed(state);
  };

  function refused(error: unknown) {
    if (over) return;
    held = false;
    if (isApiError(error) && error.code === 'claimed') {
      set({ phase: 'theirs', by: holder(error) });
      cancel = ports.later(take, AGAIN);
      return;
    }
    set({ phase: 'failed', error });
    // A dead link or a busy server passes; a refusal does not.
    if (!isApiError(error) || error.status === 0 || error.status >= 500) cancel = ports.later(take, AGAIN);
  }

  function take() {
    ports.claim().then(granted, refused);
  }

  function granted() {
    if (over) {
      // It was left while the answer was on its way.
      ports.release().catch(() => undefined);
      return;
    }
    held = true;
    set({ phase: 'mine' });
    cancel = ports.later(() => ports.renew().then(granted, refused), RENEW);
  }

  ports.changed({ phase: 'asking' });
  return {
    /** `giveBack`: not after it was solved or passed on, where the server has ended it already. */
    end(giveBack = true) {
      if (over) return;
      over = true;
      cancel();
      if (held && giveBack) ports.release().catch(() => undefined);
    },
    again() {
      if (over || held) return;
      cancel();
      take();
    },
  };
}
