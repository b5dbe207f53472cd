import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, resourceExhausted, unavailable } from '../../runs/errors.ts';
import type { Clock } from '../../runs/instant.ts';
import type { Db, Dialect } from '../dialects/dialect.ts';
import type { Command } from './command.ts';
import { CommandQueue } from './command-queue.ts';
import { type Flushed, flushUnit } from './flush.ts';
import { loadUnit } from './load.ts';
import { loadBelowNewActions } from './load-below.ts';
import { type CacheBounds, DEFAULT_CACHE, StateCache } from './state-cache.ts';
import { type Telling, Unit } from './unit.ts';

/** Bounds and hooks of the writer. */
export interface WriterOptions {
  readonly clock: Clock;
  /** How many commands may wait; one more is refused with resource_exhausted. */
  readonly maxQueued: number;
  /** How many commands share a transaction at most; one that works on many actions counts for as many. */
  readonly maxBatch: number;
  /** Told about every transaction that committed, before its commands are acknowledged. */
  readonly onCommitted: (flushed: Flushed) => void;
  readonly onBatch?: (size: number, queued: number) => void;
  /** What other services are told of what is written; nothing by default. */
  readonly telling?: Telling | undefined;
  /** How much of what was written is kept in memory, so that it is not read back; `DEFAULT_CACHE` unless it is set. */
  readonly cache?: CacheBounds | undefined;
  /** Called between the writes of a transaction and its commit; tests hold transactions open with it. */
  readonly beforeCommit?: () => Promise<void>;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

/** Work that needs its transaction for itself: it may read what it likes and write in several rounds. */
export type ExclusiveWork<R> = (
  db: Db,
  unit: () => Unit,
) => Promise<{ result: R; flushed: readonly Flushed[] }>;

type Outcome = { ok: true; result: unknown } | { ok: false; error: unknown };

const MAX_TRIES = 8;
/**
 * Beside a transaction that is under way another one begins once as much waits as that one has, or this much: what a transaction
 * costs by itself, on both sides, is as much as a dozen small commands.
 */
const ENOUGH = 32;
/** Or once something has waited for so many milliseconds: the one under way may be held up by a lock. */
const PATIENCE_MS = 5;
/** A turn of the loop that took longer had work to do. */
const BUSY_TURN_MS = 0.1;

/**
 * The one way into the database for changes of runs.
 *
 * Commands that arrive together share a transaction: a batch is whatever is waiting when the loop of this process comes to rest, or has
 * been busy for a while, so batches grow with the load and a lone command waits for nobody. A command is acknowledged after the commit of its transaction, never before. One that is
 * refused (DomainError) changes nothing and does not disturb the others; if a batch fails for what one of its commands brought,
 * they are tried again one by one, so that only that one fails.
 */
export class GroupCommit {
  readonly #dialect: Dialect;
  readonly #options: WriterOptions;
  readonly #cache: StateCache;
  readonly #now: () => number;
  readonly #queue = new CommandQueue();
  #inFlight = 0;
  #armed = false;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(dialect: Dialect, options: WriterOptions) {
    this.#dialect = dialect;
    this.#options = options;
    this.#cache = new StateCache(options.cache ?? DEFAULT_CACHE);
    this.#now = options.now ?? (() => performance.now());
  }

  /** What is kept in memory of the runs that this writer wrote. */
  get cache(): StateCache {
    return this.#cache;
  }

  /** Runs a command; resolves with its result once its transaction has committed. */
  submit<R>(command: Command<R>): Promise<R> {
    if (this.#closed) return Promise.reject(unavailable('the service is shutting down; try again'));
    if (this.#queue.size >= this.#options.maxQueued) {
      return Promise.reject(
        resourceExhausted('too many writes are waiting for the database; try again later'),
      );
    }
    return new Promise<R>((resolve, reject) => {
      this.#queue.push({ command, resolve: resolve as (result: unknown) => void, reject });
      this.#arm();
    });
  }

  /** Runs work in a transaction of its own, beside the batches; the rows that it locks order it among them. */
  async exclusive<R>(work: ExclusiveWork<R>): Promise<R> {
    if (this.#closed) throw unavailable('the service is shutting down; try again');
    this.#inFlight++;
    try {
      const { result, flushed } = await this.#transaction((db) => work(db, () => this.#newUnit()));
      for (const one of flushed) this.#options.onCommitted(one);
      return result;
    } finally {
      this.#settled();
    }
  }

  /** Refuses new commands and resolves when those that were accepted are answered. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#queue.size > 0 || this.#inFlight > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  #newUnit(): Unit {
    return new Unit(this.#options.clock(), this.#options.telling);
  }

  #arm(): void {
    if (this.#armed || this.#queue.size === 0 || this.#inFlight >= this.#dialect.writersInFlight) return;
    if (this.#inFlight > 0 && !this.#queue.holds(Math.min(ENOUGH, this.#queue.underWay))) {
      this.#patience ??= setTimeout(() => this.#begin(), PATIENCE_MS);
    } else {
      this.#begin();
    }
  }

  #begin(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (this.#armed || this.#inFlight >= this.#dialect.writersInFlight) return;
    this.#armed = true;
    this.#gather(this.#now());
  }

  /** Lets turns of the loop pass that have work to do: what they bring can share the transaction, and nothing stands still meanwhile. */
  #gather(begin: number, lastTurn = begin): void {
    setImmediate(() => {
      const now = this.#now();
      if (now - lastTurn > BUSY_TURN_MS && now - begin < PATIENCE_MS && !this.#queue.holds(ENOUGH)) {
        this.#gather(begin, now);
      } else {
        this.#armed = false;
        void this.#next();
      }
    });
  }

  async #next(): Promise<void> {
    const batch = this.#queue.take(this.#options.maxBatch);
    const { waiting } = batch;
    if (waiting.length === 0) return;
    this.#inFlight++;
    this.#arm();
    this.#options.onBatch?.(waiting.length, this.#queue.size);
    try {
      const outcomes = await this.#run(waiting.map(({ command }) => command));
      waiting.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i];
        if (outcome?.ok) resolve(outcome.result);
        else reject(outcome?.error);
      });
    } finally {
      this.#queue.done(batch);
      this.#settled();
    }
  }

  #settled(): void {
    this.#inFlight--;
    this.#arm();
    if (this.#queue.size > 0 || this.#inFlight > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  async #run(commands: readonly Command<unknown>[]): Promise<Outcome[]> {
    try {
      return await this.#commit(commands);
    } catch (error) {
      const oneIsToBlame =
        error instanceof CommandFailure ||
        error instanceof DomainError ||
        this.#dialect.isContentError(error);
      if (commands.length === 1 || !oneIsToBlame) return commands.map(() => ({ ok: false, error }));
      const outcomes: Outcome[] = [];
      for (const command of commands) outcomes.push(...(await this.#run([command])));
      return outcomes;
    }
  }

  async #commit(commands: readonly Command<unknown>[]): Promise<Outcome[]> {
    const { unit, outcomes, flushed } = await this.#transaction(async (db) => {
      const unit = this.#newUnit();
      await loadUnit(this.#dialect, db, unit, commands, this.#cache);
      await loadBelowNewActions(this.#dialect, db, unit, commands);
      const outcomes = commands.map((command) => attempt(command, unit));
      // The hook stands between the writes and the commit: with it they can't travel together.
      const last = this.#options.beforeCommit === undefined;
      return { unit, outcomes, flushed: await flushUnit(this.#dialect, db, unit, { last }) };
    });
    this.#cache.keep(unit);
    if (flushed !== undefined) this.#options.onCommitted(flushed);
    return outcomes;
  }

  async #transaction<R>(work: (db: Db) => Promise<R>): Promise<R> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#dialect.writer.transaction().execute(async (db) => {
          const result = await work(db);
          await this.#options.beforeCommit?.();
          return result;
        });
      } catch (error) {
        // Another process made the same name first, or the two met in a lock: what was read is outdated, so begin anew.
        const again = this.#dialect.isRetryable(error) || this.#dialect.isUniqueViolation(error);
        if (!again || tries === MAX_TRIES) throw error;
        await sleep(Math.random() * 2 ** tries);
      }
    }
  }
}

/** Applies one command. Only refusals are answered; anything else means that the unit can't be trusted any more. */
function attempt(command: Command<unknown>, unit: Unit): Outcome {
  try {
    return { ok: true, result: command.apply(unit) };
  } catch (error) {
    if (error instanceof DomainError) {
      unit.doubt(command.runs);
      return { ok: false, error };
    }
    throw new CommandFailure('a command failed while it was applied', { cause: error });
  }
}

class CommandFailure extends Error {}
