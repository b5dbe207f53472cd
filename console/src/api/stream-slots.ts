/** What a tab tells the others about itself. */
interface Told {
  readonly tab: string;
  /** When somebody last turned to the tab, in milliseconds since 1970; 0 for one opened in the background. */
  readonly usedAt: number;
  /** How many streams it wants to hold. */
  readonly wants: number;
  /** Whether all others shall say the same about themselves. */
  readonly asks: boolean;
}

/** What a BroadcastChannel does; replaced in tests. */
export interface TabChannel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** What the slots rely on. */
export interface SlotsOptions {
  /** Another one for each tab. */
  readonly tab: string;
  /** How many streams all tabs together may hold. */
  readonly most: number;
  readonly channel: TabChannel;
  /** When somebody last turned to this tab; 0 if nobody has yet. */
  readonly usedAt: number;
  now(): number;
}

/** The right to hold one stream, or the wait for it. */
export interface Slot {
  /** Whether the stream may be held now. It can be lost to a tab that is used later. */
  granted(): boolean;
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** Tabs answer at once; one that nobody has turned to lets the others speak first. */
const ANSWERS_MS = 150;
/** While a stream waits, tabs that have died without a word are looked for this often. */
const ROLL_CALL_MS = 20_000;

interface Member {
  readonly usedAt: number;
  readonly wants: number;
  readonly heardAt: number;
}

/**
 * Shares the few connections that browsers open to an origin over HTTP/1.1 among all tabs: those that people turned to last hold
 * their streams. Every tab tells the others when it was used and how many streams it wants, and comes to the same order by itself.
 */
export class StreamSlots {
  readonly #options: SlotsOptions;
  readonly #members = new Map<string, Member>();
  readonly #slots: OpenSlot[] = [];
  #usedAt: number;
  #answered = false;
  #telling = false;
  #left = false;
  #rollCall: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SlotsOptions) {
    this.#options = options;
    this.#usedAt = options.usedAt;
    options.channel.addEventListener('message', ({ data }) => this.#hear(data as Told));
    this.#tell(true);
    setTimeout(() => {
      this.#answered = true;
      this.#arrange();
    }, ANSWERS_MS);
  }

  /** Asks for the right to hold one more stream. */
  open(): Slot {
    const slot = new OpenSlot((closed) => {
      this.#slots.splice(this.#slots.indexOf(closed), 1);
      this.#changed();
    });
    this.#slots.push(slot);
    this.#changed();
    return slot;
  }

  /** Somebody turned to this tab: it comes first from now on. */
  use(): void {
    this.#usedAt = this.#options.now();
    this.#changed();
  }

  /** Whether a stream of this tab waits for its turn. */
  waits(): boolean {
    return this.#slots.some((slot) => !slot.granted());
  }

  /** The page is left, perhaps for good. */
  leave(): void {
    this.#left = true;
    this.#tell(false);
  }

  /** The page was brought back as it was left. */
  comeBack(): void {
    this.#left = false;
    this.#changed();
  }

  #changed(): void {
    this.#arrange();
    // A stream that makes room for the next one of the same page is no news.
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#tell(false);
    });
  }

  #tell(asks: boolean): void {
    const wants = this.#left ? 0 : this.#slots.length;
    const told: Told = { tab: this.#options.tab, usedAt: this.#usedAt, wants, asks };
    this.#options.channel.postMessage(told);
  }

  #hear({ tab, usedAt, wants, asks }: Told): void {
    if (wants > 0) this.#members.set(tab, { usedAt, wants, heardAt: this.#options.now() });
    else this.#members.delete(tab);
    if (asks && this.#slots.length > 0 && !this.#left) this.#tell(false);
    this.#arrange();
  }

  #arrange(): void {
    const allowed = this.#allowed();
    for (const [index, slot] of [...this.#slots].entries()) slot.set(index < allowed);
    if (!this.waits()) {
      clearTimeout(this.#rollCall);
      this.#rollCall = undefined;
    } else {
      this.#rollCall ??= setTimeout(() => this.#callRoll(), ROLL_CALL_MS);
    }
  }

  /** How many streams this tab may hold: what those before it leave. */
  #allowed(): number {
    const { tab, most } = this.#options;
    if (this.#usedAt === 0 && !this.#answered) return 0;
    let before = 0;
    for (const [other, { usedAt, wants }] of this.#members)
      if (usedAt > this.#usedAt || (usedAt === this.#usedAt && other > tab)) before += wants;
    return Math.max(0, most - before);
  }

  #callRoll(): void {
    const calledAt = this.#options.now();
    this.#tell(true);
    this.#rollCall = setTimeout(() => {
      this.#rollCall = undefined;
      for (const [tab, { heardAt }] of this.#members) if (heardAt < calledAt) this.#members.delete(tab);
      this.#arrange();
    }, ROLL_CALL_MS);
  }
}

class OpenSlot implements Slot {
  readonly #listeners = new Set<() => void>();
  readonly #onClose: (slot: OpenSlot) => void;
  #granted = false;
  #closed = false;

  constructor(onClose: (slot: OpenSlot) => void) {
    this.#onClose = onClose;
  }

  granted(): boolean {
    return this.#granted;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose(this);
  }

  set(granted: boolean): void {
    if (this.#granted === granted) return;
    this.#granted = granted;
    for (const listener of [...this.#listeners]) listener();
  }
}
