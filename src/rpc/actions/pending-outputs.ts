import { fromBinary } from '@bufbuild/protobuf';
import { outputPrefix } from '../../executor/places.ts';
import { runBaseUri } from '../../executor/prepare.ts';
import { RunSpecSchema } from '../../gen/flyteidl2/task/run_pb.js';
import type { ChildUpdate } from '../../repository/read/action-updates.ts';
import { isTerminal } from '../../runs/phase.ts';
import type { Storage } from '../../storage/storage.ts';
import type { NamedRun } from '../run/deps.ts';
import type { WatchDeps } from '../run/watch-deps.ts';

/** What telling parents of their children works with. */
export interface UpdatesDeps extends WatchDeps {
  readonly storage: Pick<Storage, 'nativeUrl' | 'resolve'>;
  /** Whether this service runs tasks itself. */
  readonly executesTasks: boolean;
}

/**
 * Says of tasks that have not ended where their outputs will be: without it Flyte's SDK warns of each, in each phase, in the log of the parent.
 * Undefined where somebody else runs the tasks of a run, and decides that.
 */
export async function pendingOutputs(
  { dialect, storage, executesTasks }: UpdatesDeps,
  runId: number,
  { key, stored }: Pick<NamedRun, 'key' | 'stored'>,
): Promise<((child: ChildUpdate) => void) | undefined> {
  if (!executesTasks) return undefined;
  const row = await dialect.reader
    .selectFrom('runs')
    .select(['run_spec', 'created_at'])
    .where('id', '=', runId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const base = runBaseUri(storage, {
    runSpec: fromBinary(RunSpecSchema, row.run_spec),
    key: { run: key, name: '' },
    stored,
    runCreatedAt: row.created_at,
  });
  return ({ isTask, phase, attempts, update }) => {
    if (!isTask || isTerminal(phase) || update.outputUri !== '') return;
    update.outputUri = outputPrefix(base, update.actionId?.name ?? '', attempts);
  };
}
