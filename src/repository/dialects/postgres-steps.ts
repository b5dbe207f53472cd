import type { ColumnKind } from '../tables.ts';
import { nameList, quoteName, type Step, type StepTexts } from './steps.ts';

/** The type of a column's values; `[]` makes it that of a list. */
export const POSTGRES_TYPES: Record<ColumnKind, string> = {
  int: 'int8',
  text: 'text',
  time: 'timestamptz',
  bytes: 'bytea',
  json: 'jsonb',
};

const BYTEA_OID = 17;

const list: StepTexts['list'] = (columns) =>
  `unnest(${columns.map(({ kind }, i) => `$${i + 1}::${POSTGRES_TYPES[kind]}[]`).join(', ')}) as u(${nameList(columns)})`;

/** Texts whose parameters are the columns of all rows. */
export const postgresTexts: StepTexts = {
  list,
  insert: (table, columns) =>
    `insert into ${quoteName(table)} (${nameList(columns)}) select ${nameList(columns)} from ${list(columns)}`,
  update: (table, columns, keys) => {
    const set = columns.map(({ name }) => `${quoteName(name)} = u.${quoteName(name)}`).join(', ');
    const where = keys.map(({ name }) => `${quoteName(table)}.${quoteName(name)} = u.${quoteName(name)}`);
    return `update ${quoteName(table)} set ${set} from ${list([...columns, ...keys])} where ${where.join(' and ')}`;
  },
  isOneOf: (value, among) => `${value} = any(array[${among.join(', ')}])`,
  lock: (table) => ` for no key update of ${table}`,
};

/** The parameters of a step: one list a column, as the driver sends it. */
export function postgresValues({ columns, rows }: Step): (string | Buffer)[] {
  return columns.map(({ name, kind }) => {
    if (kind === 'bytes') return byteaArray(rows, name);
    return textArray(rows, name, kind === 'text' || kind === 'json');
  });
}

function cell(row: object, name: string): unknown {
  return (row as Record<string, unknown>)[name] ?? null;
}

/** A list as PostgreSQL reads it from text. Numbers and Instants have nothing in them that would need quotes. */
function textArray(rows: readonly object[], name: string, quoted: boolean): string {
  let text = '';
  // Many columns say the same in row after row.
  let last: unknown;
  let lastText = '';
  for (const row of rows) {
    const value = cell(row, name);
    if (value !== last || text === '') {
      last = value;
      if (value === null) lastText = 'NULL';
      else lastText = quoted ? quote(value as string) : String(value);
    }
    text += text === '' ? lastText : `,${lastText}`;
  }
  return `{${text}}`;
}

const SPECIAL = /[\\"]/;

function quote(text: string): string {
  return `"${SPECIAL.test(text) ? text.replace(/[\\"]/g, '\\$&') : text}"`;
}

/** A list of bytes in PostgreSQL's binary form, half as long as text and without a conversion on either side. */
function byteaArray(rows: readonly object[], name: string): Buffer {
  let size = 20;
  let hasNull = 0;
  for (const row of rows) {
    const value = cell(row, name) as Uint8Array | null;
    if (value === null) hasNull = 1;
    size += 4 + (value?.byteLength ?? 0);
  }
  const buffer = Buffer.allocUnsafe(size);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(hasNull, 4);
  buffer.writeInt32BE(BYTEA_OID, 8);
  buffer.writeInt32BE(rows.length, 12);
  buffer.writeInt32BE(1, 16); // the first index
  let at = 20;
  for (const row of rows) {
    const value = cell(row, name) as Uint8Array | null;
    at = buffer.writeInt32BE(value === null ? -1 : value.byteLength, at);
    if (value === null) continue;
    buffer.set(value, at);
    at += value.byteLength;
  }
  return buffer;
}
