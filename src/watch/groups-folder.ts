/** How long counts may stay unfolded; readers add them up themselves until then. */
const EVERY_MS = 1000;

/** What a folder works with. */
export interface GroupsFolderOptions {
  /** Folds some deltas of groups, at most `full`; answers how many, or undefined if another process is at it. */
  readonly fold: () => Promise<number | undefined>;
  readonly full: number;
  readonly onError: (error: unknown) => void;
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
}

/**
 * Folds what transactions noted of the counts of groups, in the background, about a second after there was something to fold. An idle
 * service asks the database once, at its start: another process may have ended before it had folded all.
 */
export class GroupsFolder {
  readonly #options: GroupsFolderOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = true;

  constructor(options: GroupsFolderOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.request();
  }

  /** There is something to fold. */
  request(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#work().finally(() => {
        this.#running = undefined;
      });
    }, this.#options.everyMs ?? EVERY_MS).unref();
  }

  /** Resolves when the database is used no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #work(): Promise<void> {
    const { fold, full, onError } = this.#options;
    let again = false;
    try {
      // Transaction by transaction, so that other writers come in between.
      for (let folded: number | undefined = full; folded === full && !this.#stopped; ) {
        folded = await fold();
        // Who is at it may have looked before ours were there, or may die.
        again ||= folded !== 0;
      }
    } catch (error) {
      onError(error);
      again = true;
    }
    this.#timer = undefined;
    if (again) this.request();
  }
}
