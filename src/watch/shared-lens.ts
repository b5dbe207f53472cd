import type { EnrichedAction } from '../gen/flyteidl2/workflow/run_definition_pb.js';
import type { TreeLens, TreeNode } from './action-tree.ts';

/** A lens that finds what changed once for all its readers that have seen the same. */
export class SharedLens implements TreeLens {
  readonly #lens: TreeLens;
  #last: { seen: number; head: number; nodes: readonly TreeNode[] } | undefined;

  constructor(lens: TreeLens) {
    this.#lens = lens;
  }

  get head(): number {
    return this.#lens.head;
  }

  collect(seen: number): readonly TreeNode[] {
    const { head } = this.#lens;
    if (this.#last?.seen !== seen || this.#last.head !== head) {
      this.#last = { seen, head, nodes: this.#lens.collect(seen) };
    }
    return this.#last.nodes;
  }

  message(node: TreeNode): EnrichedAction {
    return this.#lens.message(node);
  }
}
