import type { ActionKey } from '../runs/identity.ts';
import { joinStoragePath, pathSegment, type StoragePath, storagePath } from './paths.ts';
import { uploadFolder } from './uploads.ts';

/**
 * Where Flyte's SDK puts a file of a tracked run: inputs per action (`attempt` undefined), outputs and reports per attempt. Inputs are
 * found this way only, because the SDK never reports their address. `org` is empty where organizations are shared.
 */
export function trackedRunFile(
  org: string,
  action: ActionKey,
  attempt: number | undefined,
  filename: 'inputs.pb' | 'outputs.pb' | 'report.html',
): StoragePath {
  const { run } = action;
  return joinStoragePath(
    uploadFolder(org, run.project, run.domain),
    storagePath('tracked-runs', 'the path'),
    pathSegment(run.name, 'run name'),
    pathSegment(action.name, 'action name'),
    ...(attempt === undefined ? [] : [pathSegment(String(attempt), 'attempt')]),
    storagePath(filename, 'the path'),
  );
}
