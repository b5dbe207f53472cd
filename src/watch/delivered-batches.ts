/** The batches that were published when they were committed here; the oldest are forgotten, which only means that they are published twice. */
export class DeliveredBatches {
  readonly #batches = new Set<number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
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
}
