import { Refresher, spacingFor } from './refresher.ts';
import type { SharedView } from './shared.ts';
import type { ChangeListener, Topics } from './topics.ts';
import { Waiters } from './waiter.ts';

/** How the value of a view is found. */
export interface ValueViewOptions<T> {
  readonly actionId: number;
  readonly topics: Topics;
  /** Reads the value as of one moment after the call; undefined if it does not exist (any more). */
  readonly read: () => Promise<T | undefined>;
  /** Whether nobody would see a difference. */
  readonly same: (a: T, b: T) => boolean;
  readonly onError?: (error: unknown) => void;
}

/**
 * Something about one action that is small enough to be read whole, kept up to date for all who watch it. It is read again after each
 * change, once for all of them; a reader keeps the revision that it has seen and takes the newest value when there is a newer one.
 *
 * The view subscribes before it reads and reads one at a time, so nothing is lost and nothing goes backwards.
 */
export class ValueView<T> implements SharedView, ChangeListener {
  readonly waiters = new Waiters();
  readonly #options: ValueViewOptions<T>;
  readonly #refresher: Refresher;
  readonly #unsubscribe: () => void;
  #value: T | undefined;
  #revision = 0;
  #failure: unknown;

  constructor(options: ValueViewOptions<T>) {
    this.#options = options;
    this.#refresher = new Refresher({
      work: () => this.#refresh(),
      spacing: () => spacingFor(this.waiters.size),
      ...(options.onError ? { onError: options.onError } : {}),
    });
    this.#unsubscribe = options.topics.onAction(options.actionId, this);
    this.#refresher.request();
  }

  /** Counts the different values so far; 0 before the first was read. */
  get revision(): number {
    return this.#revision;
  }

  /** The newest value; undefined if there is none. Throws why the first one could not be read. */
  get value(): T | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#value;
  }

  changed(): void {
    this.#refresher.request();
  }

  everythingChanged(): void {
    this.#refresher.request();
  }

  close(): void {
    this.#unsubscribe();
    this.#refresher.stop();
  }

  async #refresh(): Promise<void> {
    try {
      const value = await this.#options.read();
      if (this.#revision > 0 && isSame(this.#value, value, this.#options.same)) return;
      this.#value = value;
      this.#revision++;
      this.waiters.ring();
    } catch (error) {
      if (this.#revision === 0) {
        this.#failure = error;
        this.#refresher.stop();
        this.waiters.ring();
      }
      throw error;
    }
  }
}

function isSame<T>(a: T | undefined, b: T | undefined, same: (a: T, b: T) => boolean): boolean {
  return a === undefined || b === undefined ? a === b : same(a, b);
}

/** The values of a view, each newer than the one before; undefined when there is none. Ends only by the signal, whose reason it throws. */
export async function* watchValue<T>(view: ValueView<T>, signal: AbortSignal): AsyncGenerator<T | undefined> {
  const waiter = view.waiters.add(signal);
  try {
    for (let seen = 0; ; ) {
      signal.throwIfAborted();
      const { value, revision } = view;
      if (revision > seen) {
        seen = revision;
        yield value;
      } else {
        await waiter.wait();
      }
    }
  } finally {
    view.waiters.remove(waiter);
  }
}
