import type { HandlerContext } from '@connectrpc/connect';
import { type ListRunsRequest, ListRunsResponseSchema } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import { type RunScope, readRunPage } from '../../repository/read/list-runs.ts';
import type { RunKind } from '../../repository/write/commands/find.ts';
import { listRunsBytes } from '../../repository/read/run-bytes.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { type Organizations, orgKey } from '../../runs/identity.ts';
import { checkPlainText } from '../../runs/names.ts';
import { encodedMessage, PREFIX_BYTES } from '../../wire/encoded-message.ts';

/** What the lists work with. */
export interface ListDeps {
  readonly dialect: Dialect;
  readonly organizations: Organizations;
  /** `runs.list.maxScan`: rows that one call may look at when no index can answer its filter. */
  readonly maxScan: number;
}

/** ListRuns of both run services: each lists its own kind. */
export function listRuns(deps: ListDeps, kind: RunKind) {
  return async (request: ListRunsRequest, context?: Pick<HandlerContext, 'signal'>) => {
    const { org, scope } = scopeOf(request.scopeBy);
    for (const text of [org, ...Object.values(scope)]) checkPlainText(text, 'the scope');
    const { rows, token } = await readRunPage(deps.dialect, {
      kind,
      orgKey: orgKey(deps.organizations, org),
      scope,
      pausedOnly: request.pausedActionsOnly,
      request: request.request,
      maxScan: deps.maxScan,
      signal: context?.signal,
    });
    return encodedMessage(ListRunsResponseSchema, listRunsBytes(rows, token, PREFIX_BYTES));
  };
}

function scopeOf(by: ListRunsRequest['scopeBy']): { org: string; scope: RunScope } {
  switch (by.case) {
    case 'org':
      return { org: by.value, scope: { by: 'org' } };
    case 'projectId': {
      const { organization, domain, name } = by.value;
      return { org: organization, scope: { by: 'project', project: name, domain } };
    }
    case 'triggerName': {
      const { org, project, domain, name, taskName } = by.value;
      return { org, scope: { by: 'trigger', project, domain, name, taskName } };
    }
    case 'taskName': {
      const { org, project, domain, name } = by.value;
      return { org, scope: { by: 'task', project, domain, name } };
    }
    case 'taskId': {
      const { org, project, domain, name, version } = by.value;
      return { org, scope: { by: 'task', project, domain, name, version } };
    }
    case undefined:
      throw invalidArgument('one of org, project_id, trigger_name, task_name and task_id must be set');
  }
}
