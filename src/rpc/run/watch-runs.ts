import { create } from '@bufbuild/protobuf';
import {
  type WatchRunsRequest,
  type WatchRunsResponse,
  WatchRunsResponseSchema,
} from '../../gen/flyteidl2/workflow/run_service_pb.js';
import type { RunTarget } from '../../repository/read/watch-runs.ts';
import type { RunKind } from '../../repository/write/commands/find.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { orgKey } from '../../runs/identity.ts';
import { checkPlainText } from '../../runs/names.ts';
import type { WatchContext, WatchDeps } from './watch-deps.ts';

/** WatchRuns of both run services: the newest runs of the target, then every one that is new or changes. */
export function watchRuns(deps: WatchDeps, kind: RunKind) {
  return async function* (
    { target }: WatchRunsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchRunsResponse> {
    for await (const runs of deps.watch.runs(targetOf(deps, kind, target), signal)) {
      yield create(WatchRunsResponseSchema, { runs });
    }
  };
}

function targetOf(
  deps: Pick<WatchDeps, 'organizations'>,
  kind: RunKind,
  target: WatchRunsRequest['target'],
): RunTarget {
  switch (target.case) {
    case 'org':
      return scope(deps, kind, target.value, {});
    case 'clusterId':
      // There is one cluster: it runs everything.
      return scope(deps, kind, target.value.organization, {});
    case 'projectId': {
      const { organization, domain, name } = target.value;
      return scope(deps, kind, organization, { project: name, domain });
    }
    case 'taskId': {
      const { org, project, domain, name, version } = target.value;
      return scope(deps, kind, org, {
        task_project: project,
        task_domain: domain,
        task_name: name,
        task_version: version,
      });
    }
    case undefined:
      throw invalidArgument('one of org, cluster_id, project_id and task_id must be set');
  }
}

function scope(
  { organizations }: Pick<WatchDeps, 'organizations'>,
  kind: RunKind,
  org: string,
  columns: Omit<RunTarget, 'kind' | 'org_key'>,
): RunTarget {
  if (organizations === 'separate' && org === '')
    throw invalidArgument('the target must name an organization');
  for (const text of [org, ...Object.values(columns)]) checkPlainText(text, 'the target');
  return { kind, org_key: orgKey(organizations, org), ...columns };
}
