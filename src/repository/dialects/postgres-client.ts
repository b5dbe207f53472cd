import pg from 'pg';
import { parseInstant } from '../../runs/instant.ts';
import type { OnQuery } from './sqlite-driver.ts';

const MAX_NAMED = 500;
const SPACE = 0x20;
const HYPHEN = 0x2d;
/** `2026-11-21 00:48:14.123456+00`; of a year with more digits the space stands elsewhere. */
const LONGEST = 29;
const INT8 = 20;
const TIMESTAMPTZ = 1184;
const JSON_TYPES = [114, 3802];

/** Values as our columns read them: int8 as a number (ids and counts stay below 2^53), times as Instants, JSON as text. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8) return Number;
    if (oid === TIMESTAMPTZ) return instantOrFail;
    if (JSON_TYPES.includes(oid)) return (text: string) => text;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

/** What PostgreSQL prints in our sessions: ISO, UTC, without the zeros at the end of the fraction. */
function instantOrFail(text: string): string {
  if (text.length === LONGEST && text.charCodeAt(10) === SPACE && text.endsWith('+00')) {
    return `${text.slice(0, 10)}T${text.slice(11, 26)}Z`;
  }
  if (text.charCodeAt(10) === SPACE && text.endsWith('+00') && text.charCodeAt(4) === HYPHEN) {
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(6, '0')}Z`;
  }
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new Error(`the database answered the time ${text}, which is outside the years 1 to 9999`);
  return instant;
}

/**
 * A pg client class whose parameterised statements are prepared once per connection, under a name (Kysely's driver names none, which
 * costs a third of the throughput). The number of names is bounded; statements beyond it run unnamed.
 */
export function namingClient(onQuery: OnQuery): typeof pg.Client {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    let name = names.get(text);
    if (name === undefined && names.size < MAX_NAMED) {
      name = `s${names.size}`;
      names.set(text, name);
    }
    return name;
  };
  class NamingClient extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      // The pool hides the password from enumeration, so a spread alone would lose it.
      super({ ...config, password: config?.password, types });
      // A connection that breaks between two statements of a transaction says so in an event. The pool listens only while a connection
      // is idle; the next statement fails anyway, and an event that nobody listens to would end the process.
      this.on('error', () => {});
    }

    // pg's query has many shapes; ours are (text, values), which gets a promise, and what the pool makes of it: (text, values, callback).
    override query(...args: unknown[]): never {
      const [text, values, callback] = args;
      if (typeof text !== 'string' || !Array.isArray(values))
        return super.query(...(args as [string])) as never;
      const begin = performance.now();
      const done = () => onQuery((performance.now() - begin) / 1000);
      const name = values.length > 0 ? nameOf(text) : undefined;
      const config: pg.QueryConfig = name === undefined ? { text, values } : { name, text, values };
      if (isCallback(callback)) {
        return super.query(config, (error: Error, result: pg.QueryResult) => {
          done();
          callback(error, result);
        }) as never;
      }
      const answer = super.query(config);
      answer.then(done, done);
      return answer as never;
    }
  }
  return NamingClient;
}

function isCallback(value: unknown): value is (error: Error, result: pg.QueryResult) => void {
  return typeof value === 'function';
}
