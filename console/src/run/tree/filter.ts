import type { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import type { TreeItem } from './item.ts';

/** Which actions a person wants to see; what stands above one of them is shown, too. */
export interface TreeFilter {
  /** Part of a label, of an action's name or of its group's; upper and lower case are the same. */
  readonly text: string;
  /** Empty: any. */
  readonly phases: ReadonlySet<ActionPhase>;
}

/** Finds everything. */
export const NO_FILTER: TreeFilter = { text: '', phases: new Set() };

/** Whether the filter leaves anything out. */
export function filters(filter: TreeFilter): boolean {
  return filter.text.trim() !== '' || filter.phases.size > 0;
}

/** A test for actions, made once for many of them. */
export function matcher(filter: TreeFilter): (item: TreeItem) => boolean {
  const text = filter.text.trim().toLowerCase();
  const { phases } = filter;
  return (item) => {
    if (item.kind !== 'action') return false;
    if (phases.size > 0 && !phases.has(item.phase)) return false;
    if (text === '') return true;
    return (
      item.label.toLowerCase().includes(text) ||
      item.id.includes(text) ||
      (item.parent?.kind === 'group' && item.parent.label.toLowerCase().includes(text))
    );
  };
}
