import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionPhase } from '../../src/gen/flyteidl2/common/phase_pb.js';
import type { WatchRunsResponse } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';

/** What a WatchRuns stream says while something else happens. */
export interface Watched {
  /** The phases of a run in the order in which they came; each update is one entry. */
  phases(run: string): readonly ActionPhase[];
  /** Waits until the stream has said that a run is in a phase. Rejects if that takes more than 10 seconds or the stream breaks. */
  until(run: string, phase: ActionPhase): Promise<void>;
  close(): Promise<void>;
}

/** Opens a stream and resolves when its first message, the snapshot, has arrived. */
export async function watchRuns(
  open: (signal: AbortSignal) => AsyncIterable<WatchRunsResponse>,
): Promise<Watched> {
  const stop = new AbortController();
  const seen = new Map<string, ActionPhase[]>();
  const stream = open(stop.signal)[Symbol.asyncIterator]();
  const changed = new EventTarget();
  const remember = ({ runs }: WatchRunsResponse) => {
    for (const { action } of runs) {
      const name = action?.id?.run?.name ?? '';
      const phases = seen.get(name) ?? [];
      if (action?.status) phases.push(action.status.phase);
      seen.set(name, phases);
    }
    changed.dispatchEvent(new Event('update'));
  };
  const first = await stream.next();
  if (first.done) throw new Error('the stream ended before its snapshot');
  remember(first.value);
  const reading = (async () => {
    for (let next = await stream.next(); !next.done; next = await stream.next()) remember(next.value);
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const phases = (run: string) => seen.get(run) ?? [];
  return {
    phases,
    until: async (run, phase) => {
      const found = new Promise<void>((resolve) => {
        const look = () => phases(run).at(-1) === phase && resolve();
        changed.addEventListener('update', look);
        look();
      });
      const late = new AbortController();
      const limit = sleep(10_000, undefined, { signal: late.signal }).then(() => {
        throw new Error(
          `10 s have passed; the stream has said of ${run}: ${phases(run).join(', ') || 'nothing'}`,
        );
      });
      const ended = reading.then(() => {
        throw new Error('the stream ended');
      });
      await Promise.race([found, limit, ended]).finally(() => late.abort());
      limit.catch(() => undefined);
      ended.catch(() => undefined);
    },
    close: async () => {
      stop.abort();
      await reading;
    },
  };
}
