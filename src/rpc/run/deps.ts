import { create, toBinary } from '@bufbuild/protobuf';
import type { ActionIdentifier, RunIdentifier } from '../../gen/flyteidl2/common/identifier_pb.js';
import { type EnrichedIdentity, EnrichedIdentitySchema } from '../../gen/flyteidl2/common/identity_pb.js';
import type { Logger } from '../../logger.ts';
import type { Dialect } from '../../repository/dialects/dialect.ts';
import type { StoredRunKey } from '../../repository/write/command.ts';
import { type RunKind, storedKey } from '../../repository/write/commands/find.ts';
import type { GroupCommit } from '../../repository/write/group-commit.ts';
import { invalidArgument } from '../../runs/errors.ts';
import type { ActionKey, Organizations, RunKey } from '../../runs/identity.ts';
import type { Clock } from '../../runs/instant.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Watch } from '../../watch/watch.ts';

/** What the handlers of the three run services work with. */
export interface RunDeps {
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly watch: Watch;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly organizations: Organizations;
  /** Whether a project that does not exist is made with its first run. */
  readonly autoCreateProjects: boolean;
  readonly domains: readonly string[];
  /** Whether tasks are executed, here or by a remote ActionsService: then new runs go into the queue, or into the outbox. */
  readonly executesTasks: boolean;
  /** `runs.list.maxScan`: rows that one list call may look at when no index can answer its filter. */
  readonly maxScan: number;
  /** Bytes of inputs or outputs that one answer may carry. */
  readonly maxDataBytes: number;
  readonly logger: Logger;
}

/** A run that a request names, in the words of the rules and of unique keys. */
export interface NamedRun {
  readonly kind: RunKind;
  readonly key: RunKey;
  readonly stored: StoredRunKey;
}

/** An action that a request names. */
export interface NamedAction {
  readonly kind: RunKind;
  readonly key: ActionKey;
  readonly stored: StoredRunKey;
}

/** Reads a request's run. Throws invalid_argument if it names none. */
export function namedRun(
  deps: Pick<RunDeps, 'organizations'>,
  kind: RunKind,
  id: RunIdentifier | undefined,
): NamedRun {
  if (id === undefined) throw invalidArgument('run_id must be set');
  const key = { org: id.org, project: id.project, domain: id.domain, name: id.name };
  return { kind, key, stored: storedKey(deps.organizations, key) };
}

/** Requests about many actions name the same run again and again: its key is made once then. */
let lastNamed: { readonly organizations: Organizations; readonly run: NamedRun } | undefined;

function namedAgain(
  { organizations }: Pick<RunDeps, 'organizations'>,
  kind: RunKind,
  id: RunIdentifier | undefined,
): NamedRun {
  const known = lastNamed?.run;
  if (
    known !== undefined &&
    known.kind === kind &&
    known.key.name === id?.name &&
    known.key.project === id.project &&
    known.key.domain === id.domain &&
    known.key.org === id.org &&
    lastNamed?.organizations === organizations
  ) {
    return known;
  }
  const run = namedRun({ organizations }, kind, id);
  lastNamed = { organizations, run };
  return run;
}

/** Reads a request's action. Throws invalid_argument if it names none. */
export function namedAction(
  deps: Pick<RunDeps, 'organizations'>,
  kind: RunKind,
  id: ActionIdentifier | undefined,
): NamedAction {
  if (id === undefined) throw invalidArgument('action_id must be set');
  const run = namedAgain(deps, kind, id.run);
  return { kind, key: { run: run.key, name: id.name }, stored: run.stored };
}

/** Whoever calls, while there is no login. */
export const anonymous: EnrichedIdentity = create(EnrichedIdentitySchema, {
  principal: { case: 'user', value: { id: { subject: 'anonymous' } } },
});

/** The same as wire bytes, as rows keep it. */
export const anonymousBytes = toBinary(EnrichedIdentitySchema, anonymous);
