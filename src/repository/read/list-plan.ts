import type { Bound, Condition, RangeEnd } from '../../runs/filter-condition.ts';
import { compareValues } from '../../runs/filter-evaluate.ts';
import type { OrderTerm } from '../../runs/filter-order.ts';
import type { FilterValue } from '../../runs/filter-parse.ts';
import type { ListIndex, ListTable } from './list-indexes.ts';

/** More values than these are not walked side by side. */
const MAX_BRANCHES = 16;
/** How many indexes are asked whether they find few rows. */
const MAX_GATHERS = 3;

/** Columns with the values that each may have. */
export type Columns = readonly { readonly column: string; readonly values: readonly FilterValue[] }[];

/** A range of a column. */
export interface ColumnRange {
  readonly column: string;
  readonly above?: RangeEnd | undefined;
  readonly below?: RangeEnd | undefined;
}

/** What an index finds: `prefix` values, then perhaps a range of the next column. */
export interface Access {
  readonly index?: ListIndex | undefined;
  readonly label?: Extract<Bound, { kind: 'label' }> | undefined;
  readonly prefix: Columns;
  readonly range?: ColumnRange | undefined;
  /** The conditions that every row that it finds meets. */
  readonly met: readonly Condition[];
}

/** How to read a list: the first of `gathers` that finds few rows, which are then sorted; else `walk`, in the order of the list. */
export interface ListPlan {
  readonly gathers: readonly Access[];
  readonly walk: Access;
  /** Whether an index has the rows of `walk` in order; without one the database sorts them. */
  readonly sorted: boolean;
}

/**
 * Chooses how to read a list. Databases plan by estimates, which fail most for "the first few of those that match"; here every statement
 * has one index that fits it, and what no index answers is evaluated over a bounded number of rows.
 */
export function planList(
  table: ListTable,
  conditions: readonly Condition[],
  order: readonly OrderTerm[],
): ListPlan {
  const walks = table.indexes.flatMap((index) => walkOf(index, conditions, order) ?? []);
  const exact = walks.find(({ met }) => met.length === conditions.length);
  const walk = exact ?? walks[0] ?? { prefix: [], met: [] };
  const sorted = walks.length > 0;
  if (exact) return { gathers: [], walk, sorted };
  const accesses = [
    ...labelAccesses(conditions),
    ...table.indexes.flatMap((index) => gatherOf(index, conditions) ?? []),
  ];
  // Of indexes that find the same rows one is enough.
  const gathers = accesses.filter(
    ({ met }, i) => accesses.findIndex((other) => sameSet(other.met, met)) === i,
  );
  return { gathers: gathers.slice(0, MAX_GATHERS), walk, sorted };
}

function sameSet(a: readonly Condition[], b: readonly Condition[]): boolean {
  return a.length === b.length && a.every((condition) => b.includes(condition));
}

/** The index as a way to walk in this order: all that stands before the columns of the order has given values. */
function walkOf(
  index: ListIndex,
  conditions: readonly Condition[],
  order: readonly OrderTerm[],
): Access | undefined {
  const before = index.columns.length - order.length;
  const fits = order.every(
    ({ column, descending }, i) =>
      column === index.columns[before + i] && descending === order[0]?.descending,
  );
  const partial = partialCondition(index, conditions);
  if (before < 0 || !fits || partial === undefined) return undefined;
  const given = index.columns.slice(0, before).map((column) => valuesOf(column, conditions));
  if (!given.every((found) => found !== undefined)) return undefined;
  const branches = given.reduce((product, { values }) => product * values.length, 1);
  if (branches > MAX_BRANCHES) return undefined;
  const range = rangeOf(order[0]?.column ?? '', conditions);
  return access(index, partial, given, range);
}

/** The index as a way to find the rows that meet some of the conditions, in any order. */
function gatherOf(index: ListIndex, conditions: readonly Condition[]): Access | undefined {
  const partial = partialCondition(index, conditions);
  if (partial === undefined) return undefined;
  const given: Given[] = [];
  for (const column of index.columns) {
    const found = valuesOf(column, conditions);
    if (found === undefined) break;
    given.push(found);
  }
  const range = rangeOf(index.columns[given.length] ?? '', conditions);
  const found = access(index, partial, given, range);
  return found.met.length > 0 ? found : undefined;
}

function labelAccesses(conditions: readonly Condition[]): Access[] {
  return conditions.flatMap((condition) => {
    const { bound } = condition;
    return bound?.kind === 'label' ? [{ label: bound, prefix: [], met: [condition] }] : [];
  });
}

interface Given {
  readonly column: string;
  readonly values: readonly FilterValue[];
  readonly condition: Condition;
}

function access(
  index: ListIndex,
  partial: readonly Condition[],
  given: readonly Given[],
  range: MergedRange,
): Access {
  return {
    index,
    prefix: given.map(({ column, values }) => ({ column, values })),
    range: range.met.length > 0 ? range.range : undefined,
    met: [...partial, ...given.map(({ condition }) => condition), ...range.met],
  };
}

/** The conditions that let a partial index serve the list; undefined if it can't. */
function partialCondition({ partial }: ListIndex, conditions: readonly Condition[]): Condition[] | undefined {
  if (partial?.needs === undefined) return [];
  const met = conditions.filter(partial.needs);
  return met.length > 0 ? met : undefined;
}

function valuesOf(column: string, conditions: readonly Condition[]): Given | undefined {
  let fewest: Given | undefined;
  for (const condition of conditions) {
    const { bound } = condition;
    if (condition.column !== column || bound?.kind !== 'in') continue;
    if (fewest === undefined || bound.values.length < fewest.values.length) {
      fewest = { column, values: bound.values, condition };
    }
  }
  return fewest;
}

interface MergedRange {
  readonly range: ColumnRange;
  readonly met: readonly Condition[];
}

/** All ranges of a column as the narrowest one. */
function rangeOf(column: string, conditions: readonly Condition[]): MergedRange {
  let above: RangeEnd | undefined;
  let below: RangeEnd | undefined;
  const met = conditions.filter(({ column: c, bound }) => c === column && bound?.kind === 'range');
  for (const { bound } of met) {
    if (bound?.kind !== 'range') continue;
    above = narrower(above, bound.above, 1);
    below = narrower(below, bound.below, -1);
  }
  return { range: { column, above, below }, met };
}

function narrower(a: RangeEnd | undefined, b: RangeEnd | undefined, direction: 1 | -1): RangeEnd | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const difference = compareValues(a.value, b.value) * direction;
  if (difference === 0) return a.inclusive ? b : a;
  return difference > 0 ? a : b;
}
