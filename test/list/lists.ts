import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type ListRequest, ListRequestSchema } from '../../src/gen/flyteidl2/common/list_pb.js';
import type { Dialect } from '../../src/repository/dialects/dialect.ts';
import { readActionPage } from '../../src/repository/read/list-actions.ts';
import { type RunListQuery, readRunPage } from '../../src/repository/read/list-runs.ts';
import type { ListBounds } from '../../src/repository/read/list-walk.ts';
import type { Row } from '../../src/repository/schema.ts';
import { pick, type Random } from './rows.ts';

/** Everything of a ListRequest, or less. */
export type Init = MessageInitShape<typeof ListRequestSchema>;

/** Bounds so small that a few hundred rows take every path. */
export const TINY_BOUNDS: ListBounds = { gathered: 12, walked: 1_000_000, firstChunk: 7, maxChunk: 40 };

/** A page of names and the token behind it. */
export type ReadNames = (request: ListRequest) => Promise<{ names: string[]; token: string }>;

/** Reads pages of runs, by name. */
export function runPages(dialect: Dialect, more: Partial<Omit<RunListQuery, 'request'>> = {}): ReadNames {
  return async (request) => {
    const { rows, token } = await readRunPage(dialect, {
      kind: 'RUN',
      orgKey: '',
      scope: { by: 'org' },
      pausedOnly: false,
      maxScan: 1_000_000,
      ...more,
      request,
    });
    return { names: rows.map(({ name }) => name), token };
  };
}

/** Reads pages of a run's actions, by name. */
export function actionPages(
  dialect: Dialect,
  run: Row<'runs'>,
  more: { bounds?: ListBounds; maxScan?: number } = {},
): ReadNames {
  return async (request) => {
    const key = { org: run.org, project: run.project, domain: run.domain, name: run.name };
    const stored = { org_key: run.org_key, project: run.project, domain: run.domain, name: run.name };
    const query = { kind: 'RUN' as const, key, stored, maxScan: 1_000_000, ...more, request };
    const { actions, token } = await readActionPage(dialect, query);
    return { names: actions.map((action) => action.id?.name ?? ''), token };
  };
}

/** Follows the tokens to the end, with a limit of its own for each page. */
export async function readAll(read: ReadNames, init: Init, limits: () => number): Promise<string[]> {
  const names: string[] = [];
  for (let token = '', calls = 0; ; calls++) {
    if (calls > 10_000) throw new Error('the list does not end');
    const limit = limits();
    const page = await read(create(ListRequestSchema, { ...init, limit, token }));
    if (page.names.length > limit) throw new Error(`${page.names.length} rows for a limit of ${limit}`);
    names.push(...page.names);
    if (page.token === '') return names;
    token = page.token;
  }
}

/** Limits from 1 to `most`. */
export function randomLimits(random: Random, most: number): () => number {
  return () => 1 + Math.floor(random() * most);
}

/** A typed value as some client or other would write it. */
export function written(
  random: Random,
  value: string | number | null,
  numbers?: Readonly<Record<string, number>>,
): string {
  const text = String(value);
  if (numbers) return pick(random, [String(numbers[text]), text, text.toLowerCase()]);
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return random() < 0.5 ? text : text.replace('Z', '+00:00');
  return text;
}
