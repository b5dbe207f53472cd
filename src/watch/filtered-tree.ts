import { type ActionTree, nodeBytes, type TreeLens, type TreeNode } from './action-tree.ts';
import { ChangeOrder } from './change-order.ts';
import { rollUp } from './roll-up.ts';

interface Place {
  /** Whether it matches itself. */
  matches: boolean;
  /** How many of its descendants match. */
  below: number;
  visible: boolean;
  /** The stamp before which nobody can have seen it. */
  since: number;
}

/**
 * A tree as far as it matches a filter: what matches, and the ancestors of what matches, which are shown as if they did. What is not to
 * be seen any more is told once, as not meeting the filter, to those who may have seen it.
 */
export class FilteredTree implements TreeLens {
  readonly #tree: ActionTree;
  readonly #matches: (node: TreeNode) => boolean;
  readonly #places = new Map<TreeNode, Place>();
  readonly #changes = new ChangeOrder<TreeNode, TreeNode>();

  constructor(tree: ActionTree, matches: (node: TreeNode) => boolean) {
    this.#tree = tree;
    this.#matches = matches;
    this.update(tree.all());
  }

  get head(): number {
    return this.#changes.head;
  }

  /** To be called with what each `apply` of the tree returned. */
  update(changed: readonly TreeNode[]): void {
    const steps = new Map<TreeNode, number>();
    for (const node of changed) {
      let place = this.#places.get(node);
      if (place === undefined) {
        place = { matches: false, below: 0, visible: false, since: 0 };
        this.#places.set(node, place);
      }
      const matches = this.#matches(node);
      if (matches !== place.matches) steps.set(node, matches ? 1 : -1);
      place.matches = matches;
    }
    rollUp(
      steps,
      (a, b) => a + b,
      (node, sum) => {
        const place = this.#places.get(node);
        if (place !== undefined) place.below += sum;
      },
    );
    // The ancestors of whatever changed are among the changed: nobody else can have come into view or left it.
    for (const node of changed) {
      const place = this.#places.get(node);
      if (place === undefined) continue;
      const visible = place.matches || place.below > 0;
      if (visible || place.visible) this.#changes.set(node, node);
      if (visible && place.since === 0) place.since = this.#changes.head;
      place.visible = visible;
    }
  }

  collect(seen: number): readonly TreeNode[] {
    return this.#changes
      .since(seen)
      .filter((node) => this.#isVisible(node) || seen >= (this.#places.get(node)?.since ?? 0))
      .sort((a, b) => a.seq - b.seq);
  }

  bytes(node: TreeNode): Buffer {
    return this.#isVisible(node) ? this.#tree.bytes(node) : nodeBytes(node, false);
  }

  #isVisible(node: TreeNode): boolean {
    return this.#places.get(node)?.visible ?? false;
  }
}
