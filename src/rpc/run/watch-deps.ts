import type { HandlerContext } from '@connectrpc/connect';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import type { Organizations } from '../../runs/identity.ts';
import type { Watch } from '../../watch/watch.ts';

/** What the watch calls of both run services work with. */
export interface WatchDeps {
  readonly watch: Watch;
  readonly dialect: Dialect;
  readonly organizations: Organizations;
}

/** What a watch call needs of its context: it ends when the signal is aborted, with the signal's reason. */
export type WatchContext = Pick<HandlerContext, 'signal'>;
