/**
 * The batches that were published when they were committed here, whose rows the change log need not bring. The oldest of too many are
 * forgotten, which only means that they are published twice.
 */
export class DeliveredBatches {
  readonly #batches = new Set<number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#batches.size;
  }

  add(batch: number): void {
    this.#batches.add(batch);
    if (this.#batches.size <= this.#max) return;
    for (const oldest of this.#batches) {
      this.#batches.delete(oldest);
      return;
    }
  }

  has(batch: number): boolean {
    return this.#batches.has(batch);
  }

  /** All of them, oldest first. */
  list(): number[] {
    return [...this.#batches];
  }

  /** Their rows have been read past. */
  forget(batches: readonly number[]): void {
    for (const batch of batches) this.#batches.delete(batch);
  }
}
