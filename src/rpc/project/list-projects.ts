import { type Sort, Sort_Direction } from '../../gen/flyteidl2/common/list_pb.js';
import type { ListProjectsRequest } from '../../gen/flyteidl2/project/project_service_pb.js';
import {
  listProjects as listRows,
  type ProjectOrderColumn,
  type ProjectRow,
} from '../../repository/projects.ts';
import { invalidArgument } from '../../runs/errors.ts';
import { parseInstant } from '../../runs/instant.ts';
import { quote } from '../../runs/names.ts';
import { projectMessage } from './convert.ts';
import { organizationOf, type ProjectDeps, projectKey } from './deps.ts';
import { parseProjectFilters } from './filters.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;
const MAX_PAGE_BYTES = 2 * 1024 * 1024;
const ORDER_COLUMNS: readonly ProjectOrderColumn[] = ['id', 'name', 'created_at', 'updated_at'];

/** Newest first unless `sort_by` says otherwise; archived projects are listed unless a filter leaves them out. */
export function listProjects(deps: ProjectDeps) {
  return async (request: ListProjectsRequest) => {
    if (request.limit > MAX_LIMIT) throw invalidArgument(`limit must be at most ${MAX_LIMIT}`);
    const limit = request.limit || DEFAULT_LIMIT;
    const { org_key: orgKey } = projectKey(deps, organizationOf(deps, request.org, 'org'), '');
    const filters = parseProjectFilters(request.filters);
    const order = orderOf(request.sortBy);
    const listing = [orgKey, filters, order];
    const after = decodePageToken(listing, request.token);
    if (after && order.column.endsWith('_at') && parseInstant(after.value) !== after.value) {
      throw invalidArgument('token is not one that this service gave out');
    }

    // One more than asked for shows whether there is a next page.
    const rows = await listRows(deps.reader, { orgKey, filters, order, after, limit: limit + 1 });
    const page = pageOf(rows, limit);
    const last = page.at(-1);
    const more = rows.length > page.length && last !== undefined;
    return {
      projects: {
        projects: page.map((row) => projectMessage(row, deps.domains)),
        token: more ? encodePageToken(listing, { value: last[order.column], id: last.id }) : '',
      },
    };
  };
}

/** At most `limit` rows, and not many more bytes than an answer should have; never empty while there are rows. */
function pageOf(rows: readonly ProjectRow[], limit: number): ProjectRow[] {
  const page: ProjectRow[] = [];
  let bytes = 0;
  for (const row of rows.slice(0, limit)) {
    if (bytes > MAX_PAGE_BYTES) break;
    page.push(row);
    bytes += row.name.length + row.description.length + row.labels.length;
  }
  return page;
}

function orderOf(sort: Sort | undefined): { column: ProjectOrderColumn; descending: boolean } {
  if (!sort || sort.key === '') return { column: 'created_at', descending: true };
  const column = ORDER_COLUMNS.find((known) => known === sort.key);
  if (!column) {
    throw invalidArgument(`sort_by: unknown key ${quote(sort.key)}; known are ${ORDER_COLUMNS.join(', ')}`);
  }
  return { column, descending: sort.direction !== Sort_Direction.ASCENDING };
}
