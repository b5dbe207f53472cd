import type { WatchActionsResponse } from '../gen/flyteidl2/workflow/run_service_pb.js';
import { WatchActionsResponseSchema } from '../gen/flyteidl2/workflow/run_service_pb.js';
import { encodedMessage, PREFIX_BYTES } from '../wire/encoded-message.ts';
import { responseBytes } from './action-bytes.ts';
import type { TreeLens, TreeNode } from './action-tree.ts';
import { endOfMessage } from './limits.ts';

/** One message of a tree. */
export interface TreeMessage {
  /** The actions that it tells about, each parent before its children. */
  readonly nodes: readonly TreeNode[];
  readonly response: WatchActionsResponse;
}

/** How many messages are kept for streams that send the same a moment later. */
const MAX_MESSAGES = 8;

/**
 * Finds what changed once for all streams of a lens that have seen the same, and makes their messages once. A message is shared only as
 * long as nothing has changed since it was made: every stream sends the state at the time of sending.
 */
export class SharedLens {
  readonly #lens: TreeLens;
  #last: { seen: number; head: number; nodes: readonly TreeNode[] } | undefined;
  #messages: { of: readonly TreeNode[]; from: number; count: number; head: number; message: TreeMessage }[] =
    [];

  constructor(lens: TreeLens) {
    this.#lens = lens;
  }

  /** The stamp of the newest change; 0 while there is nothing to see. */
  get head(): number {
    return this.#lens.head;
  }

  /** What there is to send to a stream that has seen everything up to a stamp (0: nothing), each parent before its children. */
  collect(seen: number): readonly TreeNode[] {
    const { head } = this.#lens;
    if (this.#last?.seen !== seen || this.#last.head !== head) {
      this.#last = { seen, head, nodes: this.#lens.collect(seen) };
    }
    return this.#last.nodes;
  }

  /** A message about what was collected, from one place on, as it is now. */
  message(of: readonly TreeNode[], from: number, limits: { count: number; bytes: number }): TreeMessage {
    const { head } = this.#lens;
    const { count } = limits;
    const made = this.#messages.find(
      (known) => known.of === of && known.from === from && known.count === count && known.head === head,
    );
    if (made !== undefined) return made.message;
    const end = endOfMessage(of, from, limits, (node) => this.#lens.bytes(node).length);
    const nodes = of.slice(from, end);
    const envelope = responseBytes(
      nodes.map((node) => this.#lens.bytes(node)),
      PREFIX_BYTES,
    );
    const message = { nodes, response: encodedMessage(WatchActionsResponseSchema, envelope) };
    if (this.#messages.length === MAX_MESSAGES) this.#messages.shift();
    this.#messages.push({ of, from, count, head, message });
    return message;
  }
}
