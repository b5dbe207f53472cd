import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { ActionPhase } from '../../../../src/gen/flyteidl2/common/phase_pb.js';
import {
  type Action,
  type ActionMetadata,
  ActionType,
  type EnrichedAction,
} from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { millis } from '../../shared/instant.ts';
import { isTerminal } from '../../shared/phase.ts';

/** One more than the largest number of a phase: how long a list of counts by phase is. */
export const PHASES = 11;

/**
 * A line of the tree: an action, or a group of siblings that their author gave a name. Only the tree changes it; views read it in place
 * and compare `revision` to know whether to draw it again.
 */
export interface TreeItem {
  /** The action's name; for a group a text that no action can have. */
  readonly id: string;
  readonly kind: 'action' | 'group';
  readonly parent: TreeItem | undefined;
  readonly depth: number;
  /** What a person calls it: the task, the trace, the condition or the group. */
  label: string;
  /** What stands behind it: undefined for groups. */
  action: Action | undefined;
  /** ActionPhase; of a group the phase that matters most among its members. */
  phase: ActionPhase;
  /** Milliseconds since 1970; NaN while unknown. */
  start: number;
  /** NaN until it has ended. Of a group: the latest end, as long as no member is unfinished. */
  end: number;
  /** Of a group: the latest end of a member so far. */
  lastEnd: number;
  /** In the order in which they came, which is that of their creation. */
  readonly children: TreeItem[];
  /** Actions below it by phase; undefined if there are none. */
  counts: Int32Array | undefined;
  /** How many actions are below it. */
  total: number;
  folded: boolean;
  /** A person has folded or unfolded it; nothing else may from then on. */
  decided: boolean;
  /** How many actions the filter finds among it and what is below it. */
  matches: number;
  /** Whether the filter finds the item itself. */
  matched: boolean;
  /** Changes whenever something of the item changed that a view may show. */
  revision: number;
}

/** Whether the phase is an end that somebody should look at. */
export function isTrouble(phase: ActionPhase): boolean {
  return phase === ActionPhase.FAILED || phase === ActionPhase.TIMED_OUT;
}

/** Which of its members' phases a group shows: what is wrong first, then what goes on, then what is over. */
const WEIGHT: readonly ActionPhase[] = [
  ActionPhase.FAILED,
  ActionPhase.TIMED_OUT,
  ActionPhase.PAUSED,
  ActionPhase.RUNNING,
  ActionPhase.INITIALIZING,
  ActionPhase.WAITING_FOR_RESOURCES,
  ActionPhase.QUEUED,
  ActionPhase.ABORTED,
  ActionPhase.SUCCEEDED,
  ActionPhase.RECOVERED,
];

/** The phase that matters most among those counted; UNSPECIFIED if nothing is counted. */
export function leadingPhase(counts: Int32Array | undefined): ActionPhase {
  return WEIGHT.find((phase) => (counts?.[phase] ?? 0) > 0) ?? ActionPhase.UNSPECIFIED;
}

/** How many of those counted have not ended. */
export function unfinished(counts: Int32Array | undefined): number {
  let sum = 0;
  counts?.forEach((count, phase) => {
    if (!isTerminal(phase)) sum += count;
  });
  return sum;
}

/** A new line for an action. */
export function actionItem(id: string, parent: TreeItem | undefined): TreeItem {
  return newItem(id, 'action', parent);
}

/** A new line for a group; groups begin folded, so that one that grows moves nothing. */
export function groupItem(name: string, parent: TreeItem): TreeItem {
  const item = newItem(groupId(parent.id, name), 'group', parent);
  item.label = name;
  item.folded = true;
  return item;
}

/** The id of a group's line: names of actions have no slash. */
export function groupId(parent: string, name: string): string {
  return `${parent}/${name}`;
}

function newItem(id: string, kind: TreeItem['kind'], parent: TreeItem | undefined): TreeItem {
  return {
    id,
    kind,
    parent,
    depth: parent === undefined ? 0 : parent.depth + 1,
    label: id,
    action: undefined,
    phase: ActionPhase.UNSPECIFIED,
    start: Number.NaN,
    end: Number.NaN,
    lastEnd: Number.NaN,
    children: [],
    counts: undefined,
    total: 0,
    folded: false,
    decided: false,
    matches: 0,
    matched: false,
    revision: 0,
  };
}

/** Puts what a message says into the line of its action. */
export function readAction(item: TreeItem, { action }: EnrichedAction): void {
  if (action === undefined) return;
  const { metadata, status } = action;
  item.action = action;
  item.label = labelOf(metadata) || item.id;
  item.phase = status?.phase ?? ActionPhase.UNSPECIFIED;
  item.start = milliseconds(status?.startTime);
  item.end = isTerminal(item.phase) ? milliseconds(status?.endTime) : Number.NaN;
  item.revision++;
}

/** What a person calls an action. */
export function labelOf(metadata: ActionMetadata | undefined): string {
  const spec = metadata?.spec;
  switch (spec?.case) {
    case 'task':
      return spec.value.shortName || metadata?.funtionName || lastPart(spec.value.id?.name ?? '');
    case 'trace':
    case 'condition':
      return spec.value.name;
    default:
      return metadata?.funtionName ?? '';
  }
}

/** What kind of action it is, in a word; undefined for an ordinary task. */
export function typeOf(action: Action | undefined): 'trace' | 'condition' | undefined {
  const type = action?.metadata?.actionType;
  if (type === ActionType.TRACE || action?.metadata?.spec.case === 'trace') return 'trace';
  if (type === ActionType.CONDITION || action?.metadata?.spec.case === 'condition') return 'condition';
  return undefined;
}

/** A protobuf time in milliseconds; NaN if there is none. */
export function milliseconds(time: Timestamp | undefined): number {
  return millis(time) ?? Number.NaN;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
