import type { ListRequest } from '../../gen/flyteidl2/common/list_pb.js';
import type { Action } from '../../gen/flyteidl2/workflow/run_definition_pb.js';
import { ACTION_FIELDS } from '../../runs/filter-fields.ts';
import type { RunKey } from '../../runs/identity.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { StoredRunKey } from '../write/command.ts';
import type { RunKind } from '../write/commands/find.ts';
import { findRunId } from './find.ts';
import { ACTION_LISTS } from './list-indexes.ts';
import { readPage } from './list-page.ts';
import type { ListBounds } from './list-walk.ts';
import { ACTION_MESSAGE_COLUMNS, type ActionMessageRow, actionMessage } from './run-message.ts';

/** A list of the actions of one run. */
export interface ActionListQuery {
  readonly kind: RunKind;
  readonly key: RunKey;
  readonly stored: StoredRunKey;
  readonly request: ListRequest | undefined;
  /** Rows that the call may look at for filters that no index can answer. */
  readonly maxScan: number;
  readonly bounds?: ListBounds | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A page of actions; `readPage` says what it guarantees. Throws not_found if there is no run of this name and kind. */
export async function readActionPage(
  dialect: Dialect,
  query: ActionListQuery,
): Promise<{ actions: Action[]; token: string }> {
  const runId = await findRunId(dialect.reader, query.kind, query.key, query.stored);
  const { rows, token } = await readPage<ActionMessageRow>(dialect, {
    table: ACTION_LISTS,
    fields: ACTION_FIELDS,
    base: [{ column: 'run_id', value: runId }],
    scope: [],
    request: query.request,
    columns: ACTION_MESSAGE_COLUMNS,
    maxScan: query.maxScan,
    bounds: query.bounds,
    signal: query.signal,
  });
  return { actions: rows.map(actionMessage), token };
}
