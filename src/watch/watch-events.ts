import { fromBinary } from '@bufbuild/protobuf';
import { LRUCache } from 'lru-cache';
import { type ClusterEvent, ClusterEventSchema } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { AttemptEvents } from '../repository/read/watch-events.ts';
import { BatchReader } from './batch-reader.ts';
import type { MessageLimits } from './limits.ts';
import { type ValueView, watchValue } from './value-view.ts';

/** How many events are read at once. */
const EVENTS_PER_READ = 500;
const MAX_CACHED = 5000;

/** Reads cluster events, which never change, once for all who watch them. */
export class EventReader {
  readonly #events = new LRUCache<number, ClusterEvent>({ max: MAX_CACHED });
  readonly #reader: BatchReader<number, Uint8Array>;

  constructor(read: (ids: readonly number[]) => Promise<Map<number, Uint8Array>>) {
    this.#reader = new BatchReader(read, EVENTS_PER_READ);
  }

  /** The events of those ids, in that order; at most `EVENTS_PER_READ` of them. */
  async load(ids: readonly number[]): Promise<ClusterEvent[]> {
    const found = new Map<number, ClusterEvent>();
    for (const id of ids) {
      const event = this.#events.get(id);
      if (event !== undefined) found.set(id, event);
    }
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length > 0) {
      for (const [id, bytes] of await this.#reader.load(missing)) {
        const event = this.#events.get(id) ?? fromBinary(ClusterEventSchema, bytes);
        this.#events.set(id, event);
        found.set(id, event);
      }
    }
    return ids.flatMap((id) => found.get(id) ?? []);
  }
}

/** The two ways in which there can be no attempt to watch. */
export type NoEvents = 'no action' | 'no attempt';

/**
 * The messages of one watcher of an attempt's cluster events: those that there are, in one empty message if there is none yet, then each new
 * one once. Returns when the attempt has ended and all its events were sent, or why there will never be any.
 */
export async function* watchEvents(
  view: ValueView<AttemptEvents>,
  reader: EventReader,
  limits: MessageLimits,
  signal: AbortSignal,
): AsyncGenerator<ClusterEvent[], NoEvents | undefined> {
  const sent = new Set<number>();
  let first = true;
  for await (const attempt of watchValue(view, signal)) {
    if (attempt === undefined) return 'no action';
    if (attempt.state === 'never') return 'no attempt';
    const fresh = attempt.ids.filter((id) => !sent.has(id));
    for (let from = 0; from < fresh.length || first; from += limits.snapshot) {
      const ids = fresh.slice(from, from + Math.min(limits.snapshot, EVENTS_PER_READ));
      signal.throwIfAborted();
      const events = await reader.load(ids);
      for (const id of ids) sent.add(id);
      first = false;
      yield events;
    }
    if (attempt.state === 'ended') return undefined;
  }
  return undefined;
}
