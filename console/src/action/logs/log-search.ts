import { FrameStore } from '../../api/frame-store.ts';
import { holds } from './line-pieces.ts';
import type { LogText } from './log-text.ts';

/** Lines that are looked at in one go, so that a long log does not stop the page. */
const AT_ONCE = 20_000;

/** Finds the lines of a log that hold a text, also those that come later. */
export class LogSearch {
  readonly query: string;
  readonly frames: FrameStore;
  readonly #log: LogText;
  readonly #found: number[] = [];
  #seen = 0;

  constructor(log: LogText, query: string, frames = new FrameStore()) {
    this.#log = log;
    this.query = query;
    this.frames = frames;
  }

  /** Numbers of the lines that were found, ascending. */
  get found(): readonly number[] {
    return this.#found;
  }

  /** Looks at some more lines; answers whether there are still others. */
  step(): boolean {
    if (this.query === '') return false;
    const { first, last } = this.#log;
    const from = Math.max(this.#seen + 1, first);
    const to = Math.min(last, from + AT_ONCE - 1);
    const before = this.#found.length;
    for (let number = from; number <= to; number++) {
      if (holds(this.#log.line(number) ?? '', this.query)) this.#found.push(number);
    }
    this.#seen = Math.max(this.#seen, to);
    if (this.#found.length > before) this.frames.touch();
    return to < last;
  }

  /** The line that is found next after this one, or before it; behind the last comes the first. */
  next(line: number, step: 1 | -1): number | undefined {
    const found = this.#found;
    if (found.length === 0) return undefined;
    const index = lowerBound(found, step === 1 ? line + 1 : line);
    return step === 1 ? (found[index] ?? found[0]) : (found[index - 1] ?? found.at(-1));
  }

  /** Which of those found the line is, from 1; 0 if it is none. */
  rank(line: number): number {
    const index = lowerBound(this.#found, line);
    return this.#found[index] === line ? index + 1 : 0;
  }
}

/** Index of the first that is not smaller. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
