import type { EnrichedAction } from '../../../../src/gen/flyteidl2/workflow/run_definition_pb.js';
import { FrameStore } from '../../api/frame-store.ts';
import { filters, matcher, NO_FILTER, type TreeFilter } from './filter.ts';
import {
  actionItem,
  groupId,
  groupItem,
  leadingPhase,
  PHASES,
  readAction,
  type TreeItem,
  unfinished,
} from './item.ts';
import { Rows } from './rows.ts';

/** An action with more children than this is folded when a run is opened; the root never is. */
const FOLD_ABOVE = 100;
/** What a browser can hold without trouble; further actions are counted and not shown. */
const MOST_ACTIONS = 250_000;
const MOST_ORPHANS = 10_000;

/**
 * The actions of a run as WatchActions tells them: folded into a tree that is changed in place, outside React. Counts by phase, matches
 * of the filter and the list of visible rows follow each change by what it changes, not by the size of the run. A message may come
 * again (a stream that was opened anew repeats everything): it changes nothing.
 */
export class RunTree {
  /** Tells views, once per frame, that something changed. */
  readonly frames: FrameStore;
  readonly #items = new Map<string, TreeItem>();
  readonly #rows = new Rows();
  /** Actions whose parent has not been told yet, by the parent's name. */
  readonly #waiting = new Map<string, EnrichedAction[]>();
  readonly #mostActions: number;
  #root: TreeItem | undefined;
  #filter: TreeFilter = NO_FILTER;
  #matches: ((item: TreeItem) => boolean) | undefined;
  #settled = false;
  #actions = 0;
  #left = 0;
  #orphans = 0;

  constructor(options: { frames?: FrameStore; mostActions?: number } = {}) {
    this.frames = options.frames ?? new FrameStore();
    this.#mostActions = options.mostActions ?? MOST_ACTIONS;
  }

  /** The action that stands for the run; undefined until the first message. */
  get root(): TreeItem | undefined {
    return this.#root;
  }

  /** How many actions are in the tree. */
  get size(): number {
    return this.#actions;
  }

  /** How many more actions the run has than are shown. */
  get leftOut(): number {
    return this.#left;
  }

  /** Whether the run has been told once. */
  get settled(): boolean {
    return this.#settled;
  }

  get filter(): TreeFilter {
    return this.#filter;
  }

  /** The action or group of that id. */
  get(id: string): TreeItem | undefined {
    return this.#items.get(id);
  }

  /** Every action and group, parents before their children. */
  items(): IterableIterator<TreeItem> {
    return this.#items.values();
  }

  /** What is to be seen, from top to bottom: not what is folded away or left out by the filter. The list is another one after it changed. */
  rows(): readonly TreeItem[] {
    return this.#rows.list(this.#root, this.#matches !== undefined);
  }

  /** Takes in what a message says. */
  apply(actions: readonly EnrichedAction[]): void {
    for (const action of actions) this.#take(action);
    if (actions.length > 0) this.frames.touch();
  }

  /** Says that the run has been told once: from now on nothing folds by itself, because that would move what a person looks at. */
  settle(): void {
    this.#settled = true;
  }

  /** Shows what the filter finds, with all that stands above, unfolded. */
  setFilter(filter: TreeFilter): void {
    this.#filter = filter;
    this.#matches = filters(filter) ? matcher(filter) : undefined;
    for (const item of this.#items.values()) item.matches = 0;
    const matches = this.#matches;
    if (matches !== undefined) {
      for (const item of this.#items.values()) {
        item.matched = matches(item);
        if (!item.matched) continue;
        for (let at: TreeItem | undefined = item; at !== undefined; at = at.parent) at.matches++;
      }
      for (const item of this.#items.values()) item.revision++;
    }
    this.#rows.filterChanged();
    this.frames.touch();
  }

  /** Whether what is below the item is hidden, for whatever reason. */
  isFolded(item: TreeItem): boolean {
    return this.#rows.isFolded(item, this.#matches !== undefined);
  }

  /** Folds or unfolds, because a person wants it. */
  fold(item: TreeItem, folded: boolean): void {
    if (item.children.length === 0 || this.isFolded(item) === folded) return;
    item.decided = true;
    item.revision++;
    this.#rows.fold(item, folded, this.#matches !== undefined);
    this.frames.touch();
  }

  /** Unfolds all that stands above the item. */
  reveal(item: TreeItem): void {
    for (let at = item.parent; at !== undefined; at = at.parent) this.fold(at, false);
  }

  #take(message: EnrichedAction): void {
    const name = message.action?.id?.name;
    if (name === undefined || name === '') return;
    const known = this.#items.get(name);
    if (known === undefined) this.#add(name, message);
    else if (isOther(known, message)) this.#change(known, message);
  }

  #add(name: string, message: EnrichedAction): void {
    if (this.#actions >= this.#mostActions) {
      this.#left++;
      return;
    }
    const metadata = message.action?.metadata;
    const parentName = metadata?.parent ?? '';
    const above = parentName === '' ? undefined : this.#items.get(parentName);
    if (parentName !== '' && above === undefined) {
      this.#wait(parentName, message);
      return;
    }
    const parent = above && this.#groupOf(above, metadata?.group ?? '');
    const item = actionItem(name, parent);
    readAction(item, message);
    this.#attach(item);
    this.#count(item, 0);
    this.#actions++;
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    this.#waiting.delete(name);
    this.#orphans -= waiting.length;
    for (const child of waiting) this.#take(child);
  }

  /** The service tells parents first; this is for one that does not. */
  #wait(parentName: string, message: EnrichedAction): void {
    const waiting = this.#waiting.get(parentName);
    if (this.#orphans >= MOST_ORPHANS) this.#left++;
    else if (waiting === undefined) this.#waiting.set(parentName, [message]);
    else waiting.push(message);
    this.#orphans++;
  }

  #groupOf(parent: TreeItem, group: string): TreeItem {
    if (group === '') return parent;
    const known = this.#items.get(groupId(parent.id, group));
    if (known !== undefined) return known;
    const item = groupItem(group, parent);
    this.#attach(item);
    return item;
  }

  #attach(item: TreeItem): void {
    const { parent } = item;
    this.#items.set(item.id, item);
    if (parent === undefined) {
      this.#root ??= item;
      this.#rows.restructured();
      return;
    }
    parent.children.push(item);
    if (
      !this.#settled &&
      !parent.decided &&
      parent.parent !== undefined &&
      parent.children.length > FOLD_ABOVE
    ) {
      if (!parent.folded) this.#rows.restructured();
      parent.folded = true;
    }
    // Behind a filter, rows come and go with what it finds.
    if (this.#matches === undefined) this.#rows.added(item);
  }

  #change(item: TreeItem, message: EnrichedAction): void {
    const before = item.phase;
    readAction(item, message);
    this.#count(item, before);
  }

  /** Carries the phase of an action, and whether the filter finds it, into everything above. */
  #count(item: TreeItem, before: number): void {
    const step = this.#rematch(item);
    for (let at = item.parent; at !== undefined; at = at.parent) {
      at.counts ??= new Int32Array(PHASES);
      if (before === 0) at.total++;
      else at.counts[before] = (at.counts[before] ?? 0) - 1;
      at.counts[item.phase] = (at.counts[item.phase] ?? 0) + 1;
      at.matches += step;
      at.revision++;
      if (at.kind === 'group') spanGroup(at, item);
    }
  }

  #rematch(item: TreeItem): number {
    if (this.#matches === undefined) return 0;
    const matched = this.#matches(item);
    if (matched === item.matched) return 0;
    item.matched = matched;
    const step = matched ? 1 : -1;
    item.matches += step;
    this.#rows.restructured();
    return step;
  }
}

/** Takes the times of a member, or of what is below one, into its group's. */
function spanGroup(group: TreeItem, member: TreeItem): void {
  group.phase = leadingPhase(group.counts);
  if (!(group.start <= member.start) && !Number.isNaN(member.start)) group.start = member.start;
  if (!(group.lastEnd >= member.end) && !Number.isNaN(member.end)) group.lastEnd = member.end;
  group.end = unfinished(group.counts) > 0 ? Number.NaN : group.lastEnd;
}

/** Whether the message says anything that is not known: what is not looked at here never changes. */
function isOther(item: TreeItem, { action }: EnrichedAction): boolean {
  const known = item.action?.status;
  const told = action?.status;
  return (
    known?.phase !== told?.phase ||
    known?.attempts !== told?.attempts ||
    known?.cacheStatus !== told?.cacheStatus ||
    known?.durationMs !== told?.durationMs ||
    !sameTime(known?.startTime, told?.startTime) ||
    !sameTime(known?.endTime, told?.endTime)
  );
}

type Time = { seconds: bigint; nanos: number } | undefined;

function sameTime(a: Time, b: Time): boolean {
  return a?.seconds === b?.seconds && a?.nanos === b?.nanos;
}
