/** Lets a bounded number of pieces of work run at a time; the others wait in the order in which they came. */
export class Slots {
  readonly #max: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(max: number) {
    this.#max = max;
  }

  async run<R>(work: () => Promise<R>): Promise<R> {
    if (this.#busy >= this.#max) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed on: whoever comes meanwhile queues up behind.
      if (next === undefined) this.#busy--;
      else next();
    }
  }
}
