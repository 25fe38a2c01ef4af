// A clock of tests: what waits for its time runs when the test lets time pass, in its order, each with its promises settled.

type Timer = { work: () => void; at: number };

/** Lets the promises that are ready go on. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
};

export class TestClock {
  #timers: Timer[] = [];

  /** `now`: milliseconds, any. */
  constructor(public now = 0) {}

  /** Does `work` in so many milliseconds; what it gives takes it back. */
  later = (work: () => void, milliseconds: number): (() => void) => {
    const timer = { work, at: this.now + milliseconds };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  async pass(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.now = next.at;
      next.work();
      await settle();
    }
    this.now = until;
  }
}
