import { create } from '@bufbuild/protobuf';
import {
  type WatchForUpdatesRequest,
  type WatchForUpdatesResponse,
  WatchForUpdatesResponseSchema,
} from '../../gen/flyteidl2/actions/actions_service_pb.js';
import { type ChildUpdate, readChildren, readChildrenNamed } from '../../repository/read/action-updates.ts';
import { findRunId } from '../../repository/read/find.ts';
import { phaseRank } from '../../runs/phase.ts';
import { namedAction } from '../run/deps.ts';
import type { WatchContext } from '../run/watch-deps.ts';
import { pendingOutputs, type UpdatesDeps } from './pending-outputs.ts';

const PAGE = 500;

/**
 * ActionsService.WatchForUpdates: the children of an action as they are, a sentinel, and then each change of them, until the caller hangs
 * up: it counts an earlier end as a failure.
 *
 * The tree of the run is subscribed to first; only then are the children read. So whatever changes after that read comes through the
 * tree, and what the tree repeats is told from news by its place in the child's own order (attempt, rank of the phase).
 */
export function watchForUpdates(deps: UpdatesDeps) {
  return async function* (
    { filter }: WatchForUpdatesRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<WatchForUpdatesResponse> {
    const { key, stored } = namedAction(deps, 'RUN', filter.value);
    const runId = await findRunId(deps.dialect.reader, 'RUN', key.run, stored);
    const news = new News(await pendingOutputs(deps, runId, { key: key.run, stored }));
    const changes = deps.watch.tree(runId, undefined, signal);
    try {
      let changed = await changes.next();
      for (let after = 0, more = true; more; ) {
        const page = await readChildren(deps.dialect, runId, key.name, after, PAGE);
        yield* news.of(page);
        after = page.at(-1)?.id ?? after;
        more = page.length === PAGE;
      }
      yield create(WatchForUpdatesResponseSchema, {
        message: { case: 'controlMessage', value: { sentinel: true } },
      });
      for (; !changed.done; changed = await changes.next()) {
        const names = changed.value.nodes.flatMap(({ row }) =>
          row.parent_action_name === key.name ? [row.name] : [],
        );
        yield* news.of(await readChildrenNamed(deps.dialect, runId, names));
      }
    } finally {
      await changes.return(undefined);
    }
  };
}

/** Remembers what was sent of each child, so that nothing is sent twice and nothing goes back. */
class News {
  readonly #sent = new Map<number, number>();
  readonly #complete: ((child: ChildUpdate) => void) | undefined;

  constructor(complete: ((child: ChildUpdate) => void) | undefined) {
    this.#complete = complete;
  }

  *of(children: readonly ChildUpdate[]): Generator<WatchForUpdatesResponse> {
    for (const child of children) {
      const { id, attempts, phase, update } = child;
      const order = attempts * 100 + phaseRank(phase);
      if (order <= (this.#sent.get(id) ?? -1)) continue;
      this.#sent.set(id, order);
      this.#complete?.(child);
      yield create(WatchForUpdatesResponseSchema, { message: { case: 'actionUpdate', value: update } });
    }
  }
}
