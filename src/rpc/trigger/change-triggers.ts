import { create } from '@bufbuild/protobuf';
import type { TriggerName } from '../../gen/flyteidl2/common/identifier_pb.js';
import {
  type DeleteTriggersRequest,
  DeleteTriggersResponseSchema,
  type UpdateTriggersRequest,
  UpdateTriggersResponseSchema,
} from '../../gen/flyteidl2/trigger/trigger_service_pb.js';
import type { Db } from '../../repository/dialects/dialect.ts';
import type { StoredTriggerKey } from '../../repository/triggers.ts';
import { deleteTrigger, setTriggerActive } from '../../repository/triggers-write.ts';
import { invalidArgument } from '../../runs/errors.ts';
import type { Instant } from '../../runs/instant.ts';
import { anonymous } from '../run/deps.ts';
import { storedTriggerKey } from '../run/resolve-task.ts';
import { checkTriggerName } from './checks.ts';
import type { TriggerDeps } from './deps.ts';

const MAX_NAMES = 1000;

/** TriggerService.UpdateTriggers: activates or deactivates triggers, all or none. One that is in that state already gets no revision. */
export function updateTriggers(deps: TriggerDeps) {
  return async ({ names, active }: UpdateTriggersRequest) => {
    await changeAll(deps, names, (db, now, key) =>
      setTriggerActive(deps.dialect, db, now, key, { active, by: anonymous }),
    );
    return create(UpdateTriggersResponseSchema);
  };
}

/** TriggerService.DeleteTriggers: all or none; a retry finds them deleted and succeeds. Their revisions stay readable. */
export function deleteTriggers(deps: TriggerDeps) {
  return async ({ names }: DeleteTriggersRequest) => {
    await changeAll(deps, names, (db, now, key) => deleteTrigger(deps.dialect, db, now, key, anonymous));
    return create(DeleteTriggersResponseSchema);
  };
}

async function changeAll(
  deps: TriggerDeps,
  names: readonly TriggerName[],
  change: (db: Db, now: Instant, key: StoredTriggerKey) => Promise<void>,
): Promise<void> {
  if (names.length > MAX_NAMES)
    throw invalidArgument(`names has ${names.length} entries; at most ${MAX_NAMES} are allowed`);
  for (const name of names) checkTriggerName(name, deps.domains);
  const keys = names.map((name) => storedTriggerKey(deps.organizations, name));
  // Everybody locks in the same order, so that no two calls wait for each other.
  const sorted = keys.map((key) => ({ key, text: JSON.stringify(key) }));
  sorted.sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
  await deps.writer.exclusive(async (db, unit) => {
    const { now } = unit();
    for (const { key } of sorted) await change(db, now, key);
    return { result: undefined, flushed: [] };
  });
  deps.onTriggersChanged();
}
