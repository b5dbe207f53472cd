import { type ListRequest, type Sort, Sort_Direction } from '../../gen/flyteidl2/common/list_pb.js';
import type { WatchGroupsRequest } from '../../gen/flyteidl2/workflow/run_service_pb.js';
import { filterSql } from '../../repository/read/watch-group-filter.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { RUN_FIELDS } from '../../runs/filter-fields.ts';
import { type ParsedFilter, parseFilters } from '../../runs/filter-parse.ts';
import { orgKey } from '../../runs/identity.ts';
import { instantFromTimestamp } from '../../runs/instant.ts';
import { checkPlainText } from '../../runs/names.ts';
import type { GroupsRequest } from '../../watch/watch.ts';
import type { WatchDeps } from './watch-deps.ts';

/** Without a limit of the request's. */
const DEFAULT_LIMIT = 10_000;
const MAX_LIMIT = 10_000;

/** Reads a WatchGroups request. Throws invalid_argument for whatever it asks that groups can't be filtered or ordered by. */
export function parseGroupsRequest(
  deps: Pick<WatchDeps, 'organizations' | 'dialect'>,
  request: WatchGroupsRequest,
): GroupsRequest {
  const { scopeBy, startDate, endDate, request: list } = request;
  if (scopeBy.case !== 'projectId') throw invalidArgument('project_id must be set');
  if (startDate === undefined) throw invalidArgument('start_date must be set');
  const { organization, domain, name } = scopeBy.value;
  for (const text of [organization, domain, name]) checkPlainText(text, 'project_id');
  const start = instantFromTimestamp(startDate, 'start_date');
  const end = endDate === undefined ? undefined : instantFromTimestamp(endDate, 'end_date');
  if (end !== undefined && end < start) throw invalidArgument('end_date is before start_date');
  if (list !== undefined && list.token !== '')
    throw invalidArgument('WatchGroups has no pages: token must be empty');
  return {
    scope: {
      target: { kind: 'RUN', org_key: orgKey(deps.organizations, organization), project: name, domain },
      start,
      end,
      filters: parseGroupFilters(deps, list),
    },
    limit: limitOf(list),
    oldestFirst: directionOf(request) === Sort_Direction.ASCENDING,
  };
}

function parseGroupFilters(deps: Pick<WatchDeps, 'dialect'>, list: ListRequest | undefined): ParsedFilter[] {
  const filters = parseFilters(RUN_FIELDS, list?.filters ?? [], list?.rawFilters);
  // Refused now rather than when the groups are read.
  for (const filter of filters) filterSql(deps.dialect, filter);
  return filters;
}

function limitOf(list: ListRequest | undefined): number {
  const limit = list?.limit ?? 0;
  if (limit > MAX_LIMIT) throw invalidArgument(`limit must be at most ${MAX_LIMIT}, not ${limit}`);
  return limit === 0 ? DEFAULT_LIMIT : limit;
}

function directionOf({ knownSortFields, request }: WatchGroupsRequest): Sort_Direction {
  const known = knownSortFields.map(({ sortBy }) => sortBy.value ?? Sort_Direction.DESCENDING);
  const sorts: Sort[] = request?.sortByFields.length
    ? request.sortByFields
    : request?.sortBy
      ? [request.sortBy]
      : [];
  for (const { key } of sorts) {
    if (key !== '' && key.toLowerCase() !== 'created_at') {
      throw invalidArgument('groups can be ordered by created_at alone: the time of their latest run');
    }
  }
  const directions = [...known, ...sorts.map(({ direction }) => direction)];
  if (new Set(directions).size > 1) throw invalidArgument('groups have one order: give one direction');
  return directions[0] ?? Sort_Direction.DESCENDING;
}
