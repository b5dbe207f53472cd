import { FrameStore } from '../../api/frame-store.ts';
import type { TreeItem } from '../tree/item.ts';
import type { Attempt } from './segments.ts';

const AT_ONCE = 3;
const MOST = 2000;
const PAUSE_MS = 120;

interface Entry {
  readonly attempts: readonly Attempt[];
  /** What was known of the action when they were asked for. */
  readonly status: string;
}

/** How the cache asks, and how it waits; replaced in tests. */
export interface AttemptsSource {
  /** The attempts of an action. */
  load(action: string): Promise<readonly Attempt[]>;
  /** Calls back after a while, unless the answer is called before. */
  later(callback: () => void, ms: number): () => void;
}

/**
 * How actions went from phase to phase. The stream of a run says where actions stand, not how they got there; so that is asked for,
 * action by action: only for those that are looked at, a few at a time, once scrolling rests, and again when their status changed.
 */
export class AttemptsCache {
  /** Tells when something became known. */
  readonly frames: FrameStore;
  readonly #source: AttemptsSource;
  readonly #known = new Map<string, Entry>();
  #wanted: TreeItem[] = [];
  readonly #asking = new Set<string>();
  #cancel: (() => void) | undefined;

  constructor(source: AttemptsSource, frames = new FrameStore()) {
    this.#source = source;
    this.frames = frames;
  }

  /** What is known of an action; perhaps of a moment ago. */
  get(action: string): readonly Attempt[] | undefined {
    return this.#known.get(action)?.attempts;
  }

  /** Says which lines are seen now. Those that were seen before are not asked for any more. */
  look(items: readonly TreeItem[]): void {
    this.#wanted = items.filter((item) => item.kind === 'action' && this.#isNews(item));
    if (this.#wanted.length === 0 || this.#cancel !== undefined) return;
    this.#cancel = this.#source.later(() => {
      this.#cancel = undefined;
      this.#askNext();
    }, PAUSE_MS);
  }

  /** Asks for nothing any more. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#wanted = [];
  }

  #isNews(item: TreeItem): boolean {
    return this.#known.get(item.id)?.status !== statusOf(item) && !this.#asking.has(item.id);
  }

  #askNext(): void {
    while (this.#asking.size < AT_ONCE) {
      const item = this.#wanted.shift();
      if (item === undefined) return;
      if (this.#isNews(item)) void this.#ask(item);
    }
  }

  async #ask(item: TreeItem): Promise<void> {
    const status = statusOf(item);
    this.#asking.add(item.id);
    let attempts = this.get(item.id) ?? [];
    try {
      attempts = await this.#source.load(item.id);
    } catch {
      // The bar stays in one piece; the next change of the action asks again.
    }
    this.#asking.delete(item.id);
    this.#known.delete(item.id);
    this.#known.set(item.id, { attempts, status });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
    this.frames.touch();
    this.#askNext();
  }
}

function statusOf({ action }: TreeItem): string {
  return `${action?.status?.phase} ${action?.status?.attempts}`;
}
