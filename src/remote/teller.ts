import type { OutboxTarget } from '../repository/outbox.ts';
import type { Row } from '../repository/schema.ts';

/** Tells a peer what stands in the outbox for it. */
export interface Teller {
  readonly target: OutboxTarget;
  /** The key of the configuration that names the peer, for messages. */
  readonly key: string;
  /** Where the peer is. */
  readonly url: string;
  /**
   * Tells entries of one run, in order; `told` is called with the id up to which nothing is left to tell. What the peer refuses for good
   * is dealt with and counts as told. Throws a TellError at the first entry that has to be tried again, and whatever else goes wrong.
   */
  tell(entries: readonly Row<'outbox'>[], told: (upTo: number) => void, signal: AbortSignal): Promise<void>;
}

/** Numbers that the delivery of an outbox counts, by target. */
export interface OutboxMetrics {
  readonly waiting: { set(labels: { target: string }, value: number): void };
  readonly oldestSeconds: { set(labels: { target: string }, value: number): void };
  readonly told: { inc(labels: { target: string }, value: number): void };
  readonly failures: { inc(labels: { target: string; code: string }): void };
  readonly refusals: { inc(labels: { target: string; code: string }): void };
}
