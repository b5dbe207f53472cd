import type { TreeItem } from './item.ts';

/**
 * The visible rows of a tree. What happens to hidden actions, and whatever changes in a row, costs nothing here. What a person folds or
 * unfolds changes the list where it is; rows that come or go otherwise let it be made again, once, when it is next looked at, which
 * costs as much as there are visible rows.
 */
export class Rows {
  #list: readonly TreeItem[] = [];
  #stale = true;
  /** While a filter is on, everything is unfolded but what a person folded since. */
  #foldedBehindFilter = new Set<TreeItem>();

  /** The rows below and with the root. The list itself never changes: another one stands in its place. */
  list(root: TreeItem | undefined, filtered: boolean): readonly TreeItem[] {
    if (this.#stale) {
      const rows: TreeItem[] = [];
      if (root !== undefined && (!filtered || root.matches > 0)) this.#collect(root, filtered, rows);
      this.#list = rows;
      this.#stale = false;
    }
    return this.#list;
  }

  isFolded(item: TreeItem, filtered: boolean): boolean {
    return filtered ? this.#foldedBehindFilter.has(item) : item.folded;
  }

  /** Says that rows may have come and gone anywhere. */
  restructured(): void {
    this.#stale = true;
  }

  filterChanged(): void {
    this.#foldedBehindFilter.clear();
    this.#stale = true;
  }

  /** Says that the item has been put behind its last sibling. */
  added(item: TreeItem): void {
    if (!this.#stale && !isHidden(item)) this.#stale = true;
  }

  fold(item: TreeItem, folded: boolean, filtered: boolean): void {
    if (!filtered) item.folded = folded;
    else if (folded) this.#foldedBehindFilter.add(item);
    else this.#foldedBehindFilter.delete(item);
    const at = this.#stale ? -1 : this.#list.indexOf(item);
    if (at < 0) return;
    const rows = this.#list.slice();
    if (folded) {
      let end = at + 1;
      while (end < rows.length && (rows[end]?.depth ?? 0) > item.depth) end++;
      rows.splice(at + 1, end - at - 1);
      this.#list = rows;
    } else {
      const below: TreeItem[] = [];
      this.#collect(item, filtered, below);
      this.#list = [...rows.slice(0, at), ...below, ...rows.slice(at + 1)];
    }
  }

  #collect(from: TreeItem, filtered: boolean, rows: TreeItem[]): void {
    const stack = [from];
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      rows.push(item);
      if (this.isFolded(item, filtered)) continue;
      for (let i = item.children.length - 1; i >= 0; i--) {
        const child = item.children[i];
        if (child !== undefined && (!filtered || child.matches > 0)) stack.push(child);
      }
    }
  }
}

function isHidden(item: TreeItem): boolean {
  for (let at = item.parent; at !== undefined; at = at.parent) if (at.folded) return true;
  return false;
}
