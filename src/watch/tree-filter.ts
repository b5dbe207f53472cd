import type { Filter } from '../gen/flyteidl2/common/list_pb.js';
import { matchesRow } from '../runs/filter-evaluate.ts';
import { ACTION_FIELDS, type FieldTable } from '../runs/filter-fields.ts';
import { parseFilters } from '../runs/filter-parse.ts';
import type { TreeNode } from './action-tree.ts';

/** Which actions of a run somebody wants to see. */
export interface TreeFilter {
  /** Filters that mean the same have the same key, so that their readers share the work. */
  readonly key: string;
  matches(node: TreeNode): boolean;
}

/** What never changes in an action would do as well, but these are the two that a tree is searched by. */
const TREE_FIELDS: FieldTable = {
  ...ACTION_FIELDS,
  what: 'the actions of a watch',
  fields: ACTION_FIELDS.fields.filter(({ name }) => name === 'phase' || name === 'name'),
};

/**
 * Reads the filters of WatchActions, on `phase` and `name`; all have to hold. The name of an action is what people call it: its task's
 * short name, the name of the trace or condition, or else its own. Undefined if there are no filters. Throws invalid_argument with a
 * sentence that says what would be right.
 */
export function parseTreeFilter(filters: readonly Filter[]): TreeFilter | undefined {
  if (filters.length === 0) return undefined;
  const parsed = parseFilters(TREE_FIELDS, filters);
  return {
    key: JSON.stringify(parsed.map(({ field, fn, values }) => [field.name, fn, values])),
    matches({ row }) {
      const seen = { phase: row.phase, name: row.function_name || row.name };
      return parsed.every((filter) => matchesRow(filter, seen));
    },
  };
}
