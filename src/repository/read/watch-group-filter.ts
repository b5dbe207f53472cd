import { type RawBuilder, sql } from 'kysely';
import { Filter_Function as Fn } from '../../gen/flyteidl2/common/list_pb.js';
import { invalidArgument } from '../../runs/errors.ts';
import { matches } from '../../runs/filter-evaluate.ts';
import type { ParsedFilter } from '../../runs/filter-parse.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { inList } from '../dialects/list-terms.ts';

type Sql = RawBuilder<unknown>;

const COMPARISONS: Partial<Record<Fn, Sql>> = {
  [Fn.GREATER_THAN]: sql`>`,
  [Fn.GREATER_THAN_OR_EQUAL]: sql`>=`,
  [Fn.LESS_THAN]: sql`<`,
  [Fn.LESS_THAN_OR_EQUAL]: sql`<=`,
};

/**
 * A filter of runs as a condition of the database, which sums up what meets it. Throws invalid_argument for the functions that look into
 * text, which the databases see differently.
 */
export function filterSql(dialect: Pick<Dialect, 'kind'>, filter: ParsedFilter): Sql {
  const { field, label } = filter;
  if (field.column === undefined) return always(matches(filter, field.constant ?? null));
  if (label !== undefined) return labelSql(dialect, filter, label);
  const column = sql`${sql.ref(`runs.${field.column}`)}`;
  if (field.values !== undefined) {
    const met = field.values.names.filter((name) => matches(filter, name));
    return inList(dialect, column, met, 'text');
  }
  // Text that is empty counts as missing, as in lists.
  const value = field.type === 'text' ? sql`nullif(${column}, '')` : column;
  return valueSql(dialect, filter, value);
}

function valueSql(dialect: Pick<Dialect, 'kind'>, filter: ParsedFilter, value: Sql): Sql {
  const { field, fn, values } = filter;
  const kind = field.type === 'int' || field.type === 'time' ? field.type : 'text';
  const among = () => inList(dialect, value, values, kind);
  switch (fn) {
    case Fn.EQUAL:
    case Fn.VALUE_IN:
      return among();
    case Fn.NOT_EQUAL:
    case Fn.VALUE_NOT_IN:
      return sql`(${value} is null or not (${among()}))`;
    case Fn.EXISTS:
      return sql`${value} is not null`;
    case Fn.NOT_EXISTS:
      return sql`${value} is null`;
    default: {
      const operator = COMPARISONS[fn];
      if (operator === undefined) throw unknownFunction(filter);
      return sql`${value} ${operator} ${values[0]}`;
    }
  }
}

function labelSql(dialect: Pick<Dialect, 'kind'>, filter: ParsedFilter, key: string): Sql {
  const { fn, values } = filter;
  const label = sql`select 1 from run_labels as l where l.run_id = runs.id and l.key = ${key}`;
  const among = sql`${label} and ${inList(dialect, sql`l.value`, values, 'text')}`;
  switch (fn) {
    case Fn.EXISTS:
      return sql`exists (${label})`;
    case Fn.NOT_EXISTS:
      return sql`not exists (${label})`;
    case Fn.EQUAL:
    case Fn.VALUE_IN:
      return sql`exists (${among})`;
    case Fn.NOT_EQUAL:
    case Fn.VALUE_NOT_IN:
      return sql`not exists (${among})`;
    default:
      throw unknownFunction(filter);
  }
}

function unknownFunction({ field, fn }: ParsedFilter) {
  return invalidArgument(
    `WatchGroups can't filter ${field.name} by ${Fn[fn]}; it knows EQUAL, NOT_EQUAL, VALUE_IN, VALUE_NOT_IN, EXISTS, NOT_EXISTS and, except for labels, the comparisons`,
  );
}

function always(met: boolean): Sql {
  return met ? sql`1 = 1` : sql`1 = 0`;
}
