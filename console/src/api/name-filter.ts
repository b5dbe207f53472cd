import { Filter_Function } from '../../../src/gen/flyteidl2/common/list_pb.js';

/** The filter of a list for what has this in its name; none for undefined. */
export function nameContains(part: string | undefined) {
  if (part === undefined) return [];
  return [{ field: 'name', function: Filter_Function.CONTAINS_CASE_INSENSITIVE, values: [part] }];
}
