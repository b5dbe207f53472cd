interface Pending<K, V> {
  readonly keys: readonly K[];
  readonly resolve: (rows: Map<K, V>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads by key for many askers at once: what is asked for while a read is under way is read together after it. A read always begins
 * after it was asked for, so an asker that was told of a change sees at least that change; and reads follow one another, so no later
 * answer is older than an earlier one.
 */
export class BatchReader<K, V> {
  readonly #read: (keys: readonly K[]) => Promise<Map<K, V>>;
  readonly #maxKeys: number;
  #pending: Pending<K, V>[] = [];
  #reading = false;

  /** `maxKeys` bounds one read; a single request may ask for no more than that. */
  constructor(read: (keys: readonly K[]) => Promise<Map<K, V>>, maxKeys: number) {
    this.#read = read;
    this.#maxKeys = maxKeys;
  }

  /** The rows of those keys that exist; others may be among them. */
  load(keys: readonly K[]): Promise<Map<K, V>> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ keys, resolve, reject });
      if (this.#reading) return;
      this.#reading = true;
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      const keys = new Set<K>();
      let taken = 0;
      for (const { keys: wanted } of this.#pending) {
        if (taken > 0 && keys.size + wanted.length > this.#maxKeys) break;
        for (const key of wanted) keys.add(key);
        taken++;
      }
      const batch = this.#pending.splice(0, taken);
      try {
        const rows = await this.#read([...keys]);
        for (const { resolve } of batch) resolve(rows);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#reading = false;
  }
}
