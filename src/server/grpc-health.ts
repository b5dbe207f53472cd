import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type Health,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
} from '../gen/grpc/health/v1/health_pb.js';
import type { Readiness } from './readiness.ts';

const response = (status: Status) => create(HealthCheckResponseSchema, { status });

/**
 * gRPC's health protocol: every service, and the process as a whole (the empty name), is SERVING while the
 * service is ready. A watch learns of draining by NOT_SERVING, then ends with UNAVAILABLE.
 */
export function createHealthService(
  readiness: Readiness,
  serviceNames: () => readonly string[],
): ServiceImpl<typeof Health> {
  const isKnown = (service: string) => service === '' || serviceNames().includes(service);
  const statusFor = (service: string, ready: boolean): Status => {
    if (!isKnown(service)) return Status.SERVICE_UNKNOWN;
    return ready ? Status.SERVING : Status.NOT_SERVING;
  };

  return {
    async check({ service }) {
      if (!isKnown(service)) throw new ConnectError(`unknown service ${service}`, Code.NotFound);
      return response(statusFor(service, (await readiness.report()).ready));
    },

    async list() {
      const state = response(statusFor('', (await readiness.report()).ready));
      const statuses = Object.fromEntries(['', ...serviceNames()].map((name) => [name, state]));
      return create(HealthListResponseSchema, { statuses });
    },

    async *watch({ service }, { signal }) {
      let wake = Promise.withResolvers<void>();
      const rouse = () => wake.resolve();
      const unwatch = readiness.watch(rouse);
      signal.addEventListener('abort', rouse, { once: true });
      try {
        let sent: Status | undefined;
        while (!signal.aborted) {
          wake = Promise.withResolvers<void>();
          const { ready, draining } = await readiness.report();
          const state = statusFor(service, ready);
          if (state !== sent) yield response(state);
          sent = state;
          if (draining) throw new ConnectError('draining: the service is shutting down', Code.Unavailable);
          await wake.promise;
        }
      } finally {
        unwatch();
        signal.removeEventListener('abort', rouse);
      }
    },
  };
}
