import { create } from '@bufbuild/protobuf';
import type { LogContext } from '../../gen/flyteidl2/core/execution_pb.js';
import {
  type TailLogsRequest,
  type TailLogsResponse,
  TailLogsResponseSchema,
} from '../../gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import {
  type ContainerIdentifier,
  ContainerIdentifierSchema,
} from '../../gen/flyteidl2/logs/dataplane/payload_pb.js';
import { findAttemptLog, type LogDeps } from '../../logs/attempt-log.ts';
import { logLines } from '../../logs/log-lines.ts';
import type { RemoteLogs } from '../../logs/remote-logs.ts';
import { findActionId } from '../../repository/read/find.ts';
import { notFound } from '../../runs/errors.ts';
import type { Organizations } from '../../runs/identity.ts';
import { quote } from '../../runs/names.ts';
import { namedAction } from '../run/deps.ts';
import type { WatchContext } from '../run/watch-deps.ts';

/** What reading logs over RPC works with. */
export interface TailLogsDeps extends LogDeps {
  readonly organizations: Organizations;
  /** Set where another service executes the tasks. */
  readonly remote?: RemoteLogs | undefined;
}

/** DataProxyService.TailLogs: the log of an attempt so far and as it grows, until the attempt has ended. */
export function tailLogs(deps: TailLogsDeps) {
  return async function* (
    request: TailLogsRequest,
    { signal }: WatchContext,
  ): AsyncGenerator<TailLogsResponse> {
    const { actionId: id, attempt, podSelector } = request;
    const { key, stored } = namedAction(deps, 'RUN', id);
    if (deps.remote !== undefined) {
      await findActionId(deps.dialect.reader, 'RUN', key, stored);
      yield* deps.remote.tail(request, signal);
      return;
    }
    const log = await findAttemptLog(deps, { key, stored, attempt }, signal);
    const container = containerOf(log.context);
    if (podSelector.case === 'podName' && podSelector.value !== container?.kubernetesPodName) {
      throw notFound(
        `attempt ${attempt} has no pod ${quote(podSelector.value)}: a process wrote its log, under the name ${quote(container?.kubernetesPodName ?? '')}`,
      );
    }
    for await (const batch of log.lines()) {
      yield create(TailLogsResponseSchema, {
        logs: [{ lines: logLines(batch), ...(container ? { container } : {}) }],
      });
    }
  };
}

/** The process, named as a container is. */
function containerOf({ pods, primaryPodName }: LogContext): ContainerIdentifier | undefined {
  const pod = pods.find(({ podName }) => podName === primaryPodName);
  if (pod === undefined) return undefined;
  return create(ContainerIdentifierSchema, {
    clusterName: 'local',
    kubernetesNamespace: pod.namespace,
    kubernetesPodName: pod.podName,
    kubernetesContainerName: pod.primaryContainerName,
  });
}
