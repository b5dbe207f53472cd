interface Entry<K, V> {
  readonly key: K;
  value: V;
  stamp: number;
  older: Entry<K, V> | undefined;
  newer: Entry<K, V> | undefined;
}

/**
 * Things in the order of their last change, each counted once however often it changed. A reader is nothing but a number, the stamp up to
 * which it has read: what is newer is found in time proportional to what is found.
 *
 * Stamps grow by one with each change and are never used twice. With a bound, the things that changed longest ago are forgotten;
 * `floor` is the newest stamp that was, and a reader below it can't know what it missed.
 */
export class ChangeOrder<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>();
  readonly #max: number;
  #oldest: Entry<K, V> | undefined;
  #newest: Entry<K, V> | undefined;
  #head = 0;
  #floor = 0;

  constructor(max = Number.POSITIVE_INFINITY) {
    this.#max = max;
  }

  /** The stamp of the newest change; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** The newest stamp of anything that was forgotten; 0 if nothing was. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Marks a thing as changed now, and keeps the value given. */
  set(key: K, value: V): void {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { key, value, stamp: 0, older: undefined, newer: undefined };
      this.#entries.set(key, entry);
    } else {
      this.#unlink(entry);
      entry.value = value;
    }
    this.#append(entry);
    if (this.#entries.size > this.#max && this.#oldest !== undefined) this.#forget(this.#oldest);
  }

  /** What changed after the stamp, oldest change first. */
  since(stamp: number): V[] {
    const found: V[] = [];
    for (let entry = this.#newest; entry !== undefined && entry.stamp > stamp; entry = entry.older) {
      found.push(entry.value);
    }
    return found.reverse();
  }

  /** Forgets everything: whoever read up to now can't know what it missed. */
  clear(): void {
    this.#entries.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#floor = ++this.#head;
  }

  #forget(entry: Entry<K, V>): void {
    this.#unlink(entry);
    this.#entries.delete(entry.key);
    this.#floor = entry.stamp;
  }

  #unlink(entry: Entry<K, V>): void {
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
  }

  #append(entry: Entry<K, V>): void {
    entry.stamp = ++this.#head;
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }
}
