import { create, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import {
  ListRunsRequestSchema,
  RunService,
  WatchGroupsRequestSchema,
} from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { PLACE } from '../client/messages.ts';
import type { ClientProcess } from '../support/client-process.ts';
import { quantile } from '../support/measure.ts';
import type { DatabaseKind, Place } from '../support/place.ts';
import { less, type Row } from '../support/rows.ts';
import type { Effort, Scenario } from '../support/scenario.ts';
import { withService } from '../support/with-service.ts';

const PAGE = 100;
const DEEP = 500;
/** By then V8 has compiled what a page takes; the list that is measured first would pay for it otherwise. */
const WARM_UP = 300;
const DAY_MS = 86_400_000;
const NAMES = { postgres: 'PostgreSQL', sqlite: 'SQLite' };
const PATH = '/flyteidl2.workflow.RunService/';

/** The filters and orders that the table names. */
const LISTS: Record<string, JsonObject> = {
  'phase filter + created_at': {
    filters: [{ function: 'EQUAL', field: 'phase', values: ['5'] }],
    sortByFields: [{ key: 'created_at', direction: 'DESCENDING' }],
  },
  'default order': {},
};

const projectId = { organization: PLACE.org, domain: PLACE.domain, name: PLACE.project };
const request = (list: JsonObject, token: string) =>
  fromJson(ListRunsRequestSchema, { projectId, request: { limit: PAGE, token, ...list } });

/** The token of a page, found by following those before it. */
async function tokenOf(url: string, list: JsonObject, page: number): Promise<string> {
  const client = createClient(RunService, createGrpcTransport({ baseUrl: url }));
  let token = '';
  for (let at = 1; at < page; at++) {
    ({ token } = await client.listRuns(request(list, token)));
    if (token === '') throw new Error(`the list ends on page ${at}`);
  }
  return token;
}

async function listRows(place: Place, url: string, client: ClientProcess, effort: Effort, where: string) {
  const times = effort.full ? 500 : 200;
  const rows: Row[] = [];
  const empty = await place.empty('connect');
  const path = `${PATH}ListRuns`;
  for (const [name, list] of Object.entries(LISTS)) {
    const measure = async (token: string, at = url) => {
      const message = toBinary(ListRunsRequestSchema, request(list, token));
      await client.run({ kind: 'repeat', url: at, path, message, times: WARM_UP });
      return client.run({ kind: 'repeat', url: at, path, message, times });
    };
    const first = await measure('');
    const none = await measure('', empty.url);
    const deep = await measure(await tokenOf(url, list, DEEP));
    rows.push({
      work: `ListRuns of ${where}, ${name}, p50, page 1 / page ${DEEP}`,
      figures: [
        less(quantile(first, 0.5), 'ms', { atLeast: 3, goal: 1.6 }),
        less(quantile(deep, 0.5), 'ms', { atLeast: 3.5, goal: 2 }),
        less(quantile(first, 0.99), 'ms', { atLeast: 50, goal: 50 }, 'first page p99'),
      ],
      limit: `connect-node ${quantile(none, 0.5).toFixed(2)} ms, p99 ${quantile(none, 0.99).toFixed(2)} ms`,
    });
  }
  return rows;
}

/** The field that says that every group has been sent. */
const SENTINEL = 2;

async function groupRow(url: string, client: ClientProcess, where: string): Promise<Row> {
  const path = `${PATH}WatchGroups`;
  const begin = Date.now() - 60 * DAY_MS;
  // Each from another moment on, so that none finds what another one has read.
  const messages = Array.from({ length: 50 }, (_, i) =>
    toBinary(
      WatchGroupsRequestSchema,
      create(WatchGroupsRequestSchema, {
        scopeBy: { case: 'projectId', value: projectId },
        startDate: timestampFromMs(begin + i),
      }),
    ),
  );
  const warm = messages.splice(0, 5);
  await client.run({ kind: 'stream', url, path, messages: warm, field: SENTINEL });
  const times = await client.run({ kind: 'stream', url, path, messages, field: SENTINEL });
  return {
    work: `WatchGroups, all groups of ${where}, 50 tasks`,
    figures: [
      less(quantile(times, 0.5), 'ms', { atLeast: 20, goal: 20 }, 'p50'),
      less(quantile(times, 0.99), 'ms', {}, 'p99'),
    ],
    limit: '',
  };
}

interface Size {
  readonly runs: number;
  /** Actions of each run beside its root, in the quick form and in the full one. */
  readonly children: number;
  readonly childrenInFull: number;
}

function scenario(name: string, kind: DatabaseKind, size: Size, fullOnly: boolean): Scenario {
  const where = `${size.runs.toLocaleString('en')} runs, ${NAMES[kind]}`;
  return {
    name,
    about: `ListRuns and WatchGroups with ${where}`,
    fullOnly,
    run(place, effort) {
      const seed = {
        prefix: 'l',
        runs: size.runs,
        children: effort.full ? size.childrenInFull : size.children,
        outcomes: 'roots' as const,
        tasks: 50,
        people: 20,
        spreadMs: 30 * DAY_MS,
      };
      return withService(place, { kind, seeds: [seed], vacuumed: true }, async ({ service, client }) => {
        const process = client();
        const rows = await listRows(place, service.url, process, effort, where);
        return [...rows, await groupRow(service.url, process, where)];
      });
    },
  };
}

const HUNDRED_THOUSAND: Size = { runs: 100_000, children: 0, childrenInFull: 9 };
const MILLION: Size = { runs: 1_000_000, children: 4, childrenInFull: 4 };

/** Lists and groups of a project with 100,000 runs (and a million actions in the full form), and with a million (and five). */
export const LIST: readonly Scenario[] = [
  scenario('list', 'postgres', HUNDRED_THOUSAND, false),
  scenario('list-sqlite', 'sqlite', HUNDRED_THOUSAND, true),
];

/** Takes a quarter of an hour: only its name calls it up. */
export const LIST_MILLION: Scenario = {
  ...scenario('list-million', 'postgres', MILLION, true),
  onlyByName: true,
};
