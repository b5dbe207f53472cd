/** A view that several streams share. */
export interface SharedView {
  /** Nobody looks at it any more. */
  close(): void;
}

/** The views that are open, one per key: made for the first stream that asks, closed when the last one has left. */
export class Shared<K, V extends SharedView> {
  readonly #views = new Map<K, { readonly view: V; users: number }>();

  get size(): number {
    return this.#views.size;
  }

  /** The view of the key. Each call needs one `release` of the same view. */
  acquire(key: K, make: () => V): V {
    let entry = this.#views.get(key);
    if (entry === undefined) {
      entry = { view: make(), users: 0 };
      this.#views.set(key, entry);
    }
    entry.users++;
    return entry.view;
  }

  release(key: K): void {
    const entry = this.#views.get(key);
    if (entry === undefined || --entry.users > 0) return;
    this.#views.delete(key);
    entry.view.close();
  }
}
