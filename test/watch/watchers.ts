import { create as message, type MessageInitShape } from '@bufbuild/protobuf';
import { expect } from 'vitest';
import type { FilterSchema } from '../../src/gen/flyteidl2/common/list_pb.js';
import type { ActionStatus } from '../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import {
  WatchActionDetailsRequestSchema,
  WatchActionsRequestSchema,
  WatchRunsRequestSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { watchActionDetails } from '../../src/rpc/run/watch-action-details.ts';
import { watchActions } from '../../src/rpc/run/watch-actions.ts';
import { watchRuns } from '../../src/rpc/run/watch-runs.ts';
import { type Phase, phaseFromNumber, phaseNumber, phaseRank } from '../../src/runs/phase.ts';
import { runKey } from '../repository/fixtures.ts';
import { read, type Replica } from './harness.ts';

/** What a client knows of each thing: `attempts phase`. */
export type Known = Record<string, string>;

const FACTOR = 100;

/** Folds a stream as a client does, and fails if anything in it goes backwards. */
class Folded {
  readonly known = new Map<string, string>();
  readonly #places = new Map<string, number>();

  tell(name: string, status: ActionStatus | undefined, meetsFilter = true): void {
    const phase = phaseFromNumber(status?.phase ?? 0) ?? 'QUEUED';
    const place = (status?.attempts ?? 0) * FACTOR + phaseRank(phase);
    expect(place, `${name} went back`).toBeGreaterThanOrEqual(this.#places.get(name) ?? 0);
    this.#places.set(name, place);
    if (meetsFilter) this.known.set(name, `${status?.attempts} ${phase}`);
    else this.known.delete(name);
  }

  knows(expected: Known): boolean {
    return this.difference(expected).length === 0;
  }

  /** What is known otherwise than expected. */
  difference(expected: Known): string[] {
    const names = new Set([...Object.keys(expected), ...this.known.keys()]);
    return [...names]
      .filter((name) => this.known.get(name) !== expected[name])
      .map((name) => `${name} is ${expected[name]}, known is ${this.known.get(name)}`);
  }
}

/** A client that watches until it knows what is expected. */
export interface Watcher {
  readonly label: string;
  /** How what the client knew differed from the table when it was last asked. */
  readonly difference: () => string;
  /** Resolves when the client knows exactly what is in the table. */
  agrees(): Promise<void>;
  stop(): Promise<void>;
}

interface Behaviour {
  /** Awaited between two messages. */
  readonly pace?: () => Promise<void>;
  /** Hangs up after so many messages and opens the stream again. */
  readonly reconnectAfter?: number;
}

function watcher<T>(
  label: string,
  open: (context: { signal: AbortSignal }) => AsyncIterable<T>,
  tell: (folded: Folded, message: T) => void,
  expected: () => Promise<Known>,
  { pace, reconnectAfter = Number.POSITIVE_INFINITY }: Behaviour,
): Watcher {
  let folded = new Folded();
  let table: Known = {};
  // One generator for the reader, which opens the stream again and again and forgets what it knew.
  const reader = read(
    async function* ({ signal }) {
      for (;;) {
        const state = new Folded();
        folded = state;
        let left = reconnectAfter;
        for await (const one of open({ signal })) {
          tell(state, one);
          yield one;
          if (--left <= 0) break;
        }
        reconnectAfter = reconnectAfter * 2;
      }
    },
    pace ? { pace } : {},
  );
  return {
    label,
    difference: () => folded.difference(table).slice(0, 5).join('; '),
    async agrees() {
      table = await expected();
      await reader.until(() => folded.knows(table));
    },
    stop: () => reader.stop(),
  };
}

/** Watches the tree of a run. */
export function treeWatcher(
  replica: Replica,
  run: string,
  behaviour: Behaviour & { filter?: MessageInitShape<typeof FilterSchema>[]; phases?: readonly Phase[] } = {},
): Watcher {
  const { filter = [], phases } = behaviour;
  const request = message(WatchActionsRequestSchema, { runId: runKey(run), filter });
  return watcher(
    `tree of ${run} ${JSON.stringify(behaviour)}`,
    (context) => watchActions(replica, 'RUN')(request, context),
    (folded, { enrichedActions }) => {
      for (const { action, meetsFilter } of enrichedActions) {
        folded.tell(action?.id?.name ?? '', action?.status, meetsFilter);
      }
    },
    () => treeTable(replica.dialect, run, phases),
    behaviour,
  );
}

/** What is in the tree of a run: actions with an unbroken line to the root, and of those what meets a filter with its ancestors. */
async function treeTable(
  dialect: Dialect,
  run: string,
  phases: readonly Phase[] | undefined,
): Promise<Known> {
  const rows = await dialect.reader.selectFrom('actions').selectAll().where('run_name', '=', run).execute();
  const byName = new Map(rows.map((row) => [row.name, row]));
  const known: Known = {};
  for (const row of rows) {
    const line: (typeof row)[] = [];
    let at: typeof row | undefined = row;
    while (at !== undefined && !line.includes(at)) {
      line.push(at);
      if (at.parent_action_name === null) break;
      at = byName.get(at.parent_action_name);
    }
    const reachesRoot = line.at(-1)?.parent_action_name === null;
    if (!reachesRoot || !(phases?.includes(row.phase as Phase) ?? true)) continue;
    for (const one of line) known[one.name] = `${one.attempts} ${one.phase}`;
  }
  return known;
}

/** Watches all runs of the project. */
export function runsWatcher(replica: Replica, behaviour: Behaviour = {}): Watcher {
  const target = { case: 'projectId', value: { organization: 'acme', domain: 'd', name: 'p' } } as const;
  const request = message(WatchRunsRequestSchema, { target });
  return watcher(
    `runs ${JSON.stringify(behaviour)}`,
    (context) => watchRuns(replica, 'RUN')(request, context),
    (folded, { runs }) => {
      for (const { action } of runs) folded.tell(action?.id?.run?.name ?? '', action?.status);
    },
    async () => {
      const rows = await replica.dialect.reader.selectFrom('runs').selectAll().execute();
      return Object.fromEntries(rows.map((row) => [row.name, `${row.attempts} ${row.phase}`]));
    },
    behaviour,
  );
}

/** Watches the details of a root action that does not end. */
export function detailsWatcher(replica: Replica, run: string, behaviour: Behaviour = {}): Watcher {
  const request = message(WatchActionDetailsRequestSchema, { actionId: { run: runKey(run), name: 'a0' } });
  return watcher(
    `details of ${run}`,
    (context) => watchActionDetails(replica, 'RUN')(request, context),
    (folded, { details }) => folded.tell('a0', details?.status),
    async () => {
      const row = await replica.dialect.reader
        .selectFrom('runs')
        .selectAll()
        .where('name', '=', run)
        .executeTakeFirstOrThrow();
      return { a0: `${row.attempts} ${row.phase}` };
    },
    behaviour,
  );
}

/** The number of a phase, as a filter names it. */
export const phaseText = (phase: Phase) => String(phaseNumber(phase));
