import pg from 'pg';
import { parseInstant } from '../../runs/instant.ts';
import type { OnQuery } from './sqlite-driver.ts';

const MAX_NAMED = 500;
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

function instantOrFail(text: string): string {
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
    }

    // pg's query has many shapes; Kysely and our own code use (text, values) and get a promise.
    override query(...args: unknown[]): never {
      const [text, values] = args;
      if (typeof text !== 'string' || !Array.isArray(values) || typeof args[2] === 'function') {
        return super.query(...(args as [string])) as never;
      }
      const begin = performance.now();
      const name = values.length > 0 ? nameOf(text) : undefined;
      const answer: Promise<pg.QueryResult> = super.query(
        name === undefined ? { text, values } : { name, text, values },
      );
      const done = () => onQuery((performance.now() - begin) / 1000);
      answer.then(done, done);
      return answer as never;
    }
  }
  return NamingClient;
}
