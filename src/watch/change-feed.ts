import type { ChangeCursor, Dialect, HintListener } from '../repository/dialects/dialect.ts';
import type { Flushed } from '../repository/write/flush.ts';
import { DeliveredBatches } from './delivered-batches.ts';
import { Notifier } from './notifier.ts';
import type { Topics } from './topics.ts';
import { Pause, within } from './pause.ts';

/** What the feed works with, and how often it looks. */
export interface ChangeFeedOptions {
  readonly dialect: Pick<Dialect, 'openChangeCursor' | 'listen' | 'notify' | 'isAwaited'>;
  readonly topics: Topics;
  /** Milliseconds between two looks while nothing happens. */
  readonly idleMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Called after each look with the seconds that the log's reader is behind. */
  readonly onLook?: (lagSeconds: number) => void;
  /** Called once when the log can't be read any more, with the reason, and once when it can be read again. */
  readonly onTrouble?: (error: unknown) => void;
  readonly onRecovery?: () => void;
}

const IDLE_MS = 2000;
const BUSY_MS = 20;
const SPACING_MS = 5;
const LOOK_LIMIT = 20_000;
const LOOK_TIMEOUT_MS = 30_000;
/** Older rows of the log are deleted after 15 minutes; a reader that slept for longer than this can't trust what it finds. */
const MAX_GAP_MS = 10 * 60_000;
const DELIVERED_BATCHES = 20_000;
/** Of so many batches of our own the log is read past without delay. */
const MANY_DELIVERED = 1000;
/** After so many looks for which nobody listened, hints are not waited for any more. */
const DESERTED_LOOKS = 5;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

/**
 * Knows what changes in the database, whoever changes it, and publishes it to the topics.
 *
 * What this process commits is published at once; what others commit is found in the change log, which is polled always and, while
 * anybody listens to a topic, read at once when another process hints at news. Only rows that somebody listens for are read: without
 * listeners the cursor alone moves on.
 *
 * Nothing is missed: the log's cursor gives each row exactly once, a row is skipped only if its batch was published here already, or if
 * nobody listened for it from before the look until its end; whoever begins to listen during a look makes the cursor go back and look
 * for everything. Whenever the cursor can't be trusted (it broke, too much was waiting, the process slept) a new cursor is opened first
 * and then everything counts as changed. A change may be published twice.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #now: () => number;
  readonly #delivered = new DeliveredBatches(DELIVERED_BATCHES);
  readonly #pause = new Pause();
  readonly #notifier: Notifier | undefined;
  #cursor: ChangeCursor | undefined;
  #goodAt = 0;
  #problem: string | undefined = 'the change log is not followed yet';
  /** Looks in a row for which nobody listened. */
  #deserted = 0;
  #stopped = false;
  #loop: Promise<void> | undefined;
  #listener: HintListener | undefined;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { dialect } = options;
    if (dialect.notify !== undefined) {
      this.#notifier = new Notifier({
        send: async () => dialect.notify?.(),
        isAwaited: async () => (await dialect.isAwaited?.()) ?? true,
      });
    }
  }

  /** Follows the log from now on. Rejects if the log can't be read at all. */
  async start(): Promise<void> {
    await this.#open();
    this.#problem = undefined;
    const { dialect, topics } = this.#options;
    this.#listener = await dialect.listen?.({
      onHint: () => {
        if (!topics.isDeserted) this.#pause.ring();
      },
      onAsked: () => this.#notifier?.asked(),
      onConnected: () => this.#notifier?.unsure(),
    });
    const ask = () => {
      this.#deserted = 0;
      this.#listener?.ask(true);
    };
    topics.onFirst = ask;
    if (!topics.isDeserted) ask();
    this.#loop = this.#follow();
  }

  /** Resolves when the feed uses the database no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.end();
    this.#notifier?.stop();
    await this.#listener?.close();
    await this.#loop;
  }

  /** To be called for each transaction that this process commits, after the commit and before it is acknowledged. */
  readonly committed = (flushed: Flushed): void => {
    this.#delivered.add(flushed.batch);
    this.#options.topics.publish(flushed.changes);
    this.#notifier?.wrote();
    if (this.#delivered.size >= MANY_DELIVERED) this.#pause.ring();
  };

  /** Everything that was committed before this time, in milliseconds since 1970, has been published. */
  get followedUntil(): number {
    return this.#goodAt;
  }

  /** Seconds that the reader is behind: how long the oldest transaction has been open, or how long the log has been out of reach. */
  lagSeconds(): number {
    const away = this.#problem === undefined ? 0 : (this.#now() - this.#goodAt) / 1000;
    return Math.max(away, this.#cursor?.lagSeconds() ?? 0);
  }

  /** Fails, with the reason, while the log is not followed. */
  readonly readiness = {
    name: 'change log',
    check: async (): Promise<void> => {
      if (this.#problem !== undefined) throw new Error(`the change log is not followed: ${this.#problem}`);
      const quiet = this.#now() - this.#goodAt;
      if (quiet > this.#idleMs + LOOK_TIMEOUT_MS) {
        throw new Error(`the change log is not followed: no look at it for ${Math.round(quiet / 1000)} s`);
      }
    },
  };

  get #idleMs(): number {
    return this.#options.idleMs ?? IDLE_MS;
  }

  async #open(): Promise<void> {
    const begun = this.#now();
    this.#cursor = await within(LOOK_TIMEOUT_MS, this.#options.dialect.openChangeCursor());
    this.#goodAt = begun;
  }

  async #follow(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      try {
        if (this.#cursor === undefined) {
          // First the cursor, then the alarm: what is committed between the two is found by both, never by neither.
          await this.#open();
          this.#options.topics.publishEverything();
        }
        const found = await this.#look();
        failures = 0;
        if (this.#problem !== undefined) this.#options.onRecovery?.();
        this.#problem = undefined;
        this.#options.onLook?.(this.lagSeconds());
        await this.#pause.between(SPACING_MS, found ? BUSY_MS : this.#idleMs);
      } catch (error) {
        if (this.#stopped) return;
        this.#cursor = undefined;
        if (this.#problem === undefined) this.#options.onTrouble?.(error);
        this.#problem = error instanceof Error ? error.message : String(error);
        this.#options.onLook?.(this.lagSeconds());
        const delay =
          Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures++, 10)) * (0.5 + Math.random());
        await this.#pause.between(delay, delay);
      }
    }
  }

  /** Publishes what the log has gained; whether that was anything but our own. */
  async #look(): Promise<boolean> {
    this.#pause.reset();
    const begun = this.#now();
    const gap = begun - this.#goodAt;
    if (gap > MAX_GAP_MS) throw new Error(`it was not read for ${Math.round(gap / 1000)} s`);
    const found = await this.#publishNews();
    this.#goodAt = begun;
    return found;
  }

  async #publishNews(everything = false): Promise<boolean> {
    const { topics } = this.#options;
    if (this.#cursor === undefined) throw new Error('there is no cursor');
    const { growth } = topics;
    const delivered = this.#delivered.list();
    const wanted = everything ? 'everything' : topics.wanted();
    const batch = await within(LOOK_TIMEOUT_MS, this.#cursor.next(LOOK_LIMIT, wanted, delivered));
    // Somebody began to listen while we looked, and may have read before what was left out: that is looked for once more.
    if (wanted !== 'everything' && topics.growth !== growth) return this.#publishNews(true);
    batch.accept();
    this.#delivered.forget(delivered);
    this.#deserted = wanted === 'nothing' ? this.#deserted + 1 : 0;
    if (this.#deserted === DESERTED_LOOKS) this.#listener?.ask(false);
    if (batch.overflow) {
      topics.publishEverything();
      return true;
    }
    const news = batch.changes.filter((change) => !this.#delivered.has(change.batch));
    topics.publish(news);
    return news.length > 0;
  }
}
