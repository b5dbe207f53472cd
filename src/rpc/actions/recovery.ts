import { create, fromBinary } from '@bufbuild/protobuf';
import { LRUCache } from 'lru-cache';
import {
  type ActionIdentifier,
  ActionIdentifierSchema,
  type RunIdentifier,
} from '../../gen/flyteidl2/common/identifier_pb.js';
import { RelationType } from '../../gen/flyteidl2/common/run_pb.js';
import { RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import { runIdentifier } from '../../repository/read/run-message.ts';
import { runKeyText, type StoredRunKey } from '../../repository/write/command.ts';
import { storedKey } from '../../repository/write/commands/find.ts';
import type { Organizations } from '../../runs/identity.ts';
import type { Instant } from '../../runs/instant.ts';
import type { AttemptEvent } from '../../runs/records.ts';
import type { NamedAction } from '../run/deps.ts';

const MAX_RUNS = 1000;

/** What an action did in the run that is recovered from. */
export interface RecoveredAction {
  readonly from: ActionIdentifier;
  /** The action's only event: RECOVERED, with the outputs of then. */
  readonly event: AttemptEvent;
  /** The value of a condition, as wire bytes of `core.Literal`. */
  readonly value: Uint8Array | undefined;
}

/** Finds what a run that recovers another one may take from it. */
export interface Recovery {
  /** Undefined if the action has to run: its run recovers nothing, it is forced to run, or it did not succeed then. */
  sourceOf(action: NamedAction, now: Instant): Promise<RecoveredAction | undefined>;
}

interface Source {
  readonly run: RunIdentifier;
  readonly forced: ReadonlySet<string>;
}

/** Neither a run's spec nor an action that has ended changes any more, so both can be read outside of the writing transaction. */
export function createRecovery({ reader }: Pick<Dialect, 'reader'>, organizations: Organizations): Recovery {
  const sources = new LRUCache<string, { source: Source | undefined }>({ max: MAX_RUNS });

  const sourceOfRun = async (stored: StoredRunKey): Promise<Source | undefined> => {
    const key = runKeyText(stored);
    const known = sources.get(key);
    if (known !== undefined) return known.source;
    const row = await runWhere(stored).select('run_spec').executeTakeFirst();
    if (row === undefined) return undefined;
    const { relation, recover } = fromBinary(RunSpecSchema, row.run_spec);
    const run = relation?.relationType === RelationType.RECOVER ? relation.relatedTo : undefined;
    const source = run && { run, forced: new Set(recover?.forceRerunActions) };
    sources.set(key, { source });
    return source;
  };

  const runWhere = (stored: StoredRunKey) =>
    reader
      .selectFrom('runs')
      .where('runs.org_key', '=', stored.org_key)
      .where('runs.project', '=', stored.project)
      .where('runs.domain', '=', stored.domain)
      .where('runs.name', '=', stored.name);

  return {
    async sourceOf({ key, stored }, now) {
      const source = await sourceOfRun(stored);
      if (source === undefined || source.forced.has(key.name)) return undefined;
      const row = await runWhere(storedKey(organizations, source.run))
        .innerJoin('actions', 'actions.run_id', 'runs.id')
        .leftJoin('action_attempts', (join) =>
          join
            .onRef('action_attempts.action_id', '=', 'actions.id')
            .onRef('action_attempts.attempt_number', '=', 'actions.attempts'),
        )
        .select(['runs.org', 'runs.project', 'runs.domain', 'runs.name', 'actions.output'])
        .select(['action_attempts.outputs', 'action_attempts.output_uri'])
        .where('actions.name', '=', key.name)
        .where('actions.phase', 'in', ['SUCCEEDED', 'RECOVERED'])
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        from: create(ActionIdentifierSchema, { run: runIdentifier(row), name: key.name }),
        value: row.output ?? undefined,
        event: {
          attempt: 1,
          phase: 'RECOVERED',
          version: 0,
          time: now,
          fields: row.outputs === null ? {} : { outputs: row.outputs },
          outputUri: row.output_uri ?? undefined,
        },
      };
    },
  };
}
