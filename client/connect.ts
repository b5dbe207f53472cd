import { createClient, type Client } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ProjectService } from '../src/gen/flyteidl2/project/project_service_pb.js';
import { RunService } from '../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';

/** One typed client for each service that this program calls. They share a connection. */
export interface Clients {
  readonly projects: Client<typeof ProjectService>;
  readonly runs: Client<typeof RunService>;
  readonly trackedRuns: Client<typeof TrackedRunService>;
}

/**
 * Clients for the service at `url`, such as `http://localhost:8090`. Nothing is sent before the first call.
 *
 * The Connect protocol over HTTP/2: every call and every stream goes through one connection. The service speaks gRPC and gRPC-Web on
 * the same port, so `createGrpcTransport` would do as well.
 */
export function connect(url: string): Clients {
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: '2',
    // A stream may be silent for hours: pings find out that the other side is gone.
    pingIntervalMs: 20_000,
    pingTimeoutMs: 10_000,
  });
  return {
    projects: createClient(ProjectService, transport),
    runs: createClient(RunService, transport),
    trackedRuns: createClient(TrackedRunService, transport),
  };
}
