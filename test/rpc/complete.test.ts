import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type Message,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { InternalRunService } from '../../src/gen/flyteidl2/workflow/internal_run_service_pb.js';
import { RunService } from '../../src/gen/flyteidl2/workflow/run_service_pb.js';
import { TrackedRunService } from '../../src/gen/flyteidl2/workflow/tracked_run_service_pb.js';
import { suites } from './harness.ts';

const services = [RunService, InternalRunService, TrackedRunService];
const methods = services.flatMap((service): DescMethod[] => service.methods);

suites('The three run services', { over: ['gRPC over h2c'] }, (suite) => {
  test('have 17, 6 and 11 RPCs', () => {
    expect(services.map((service) => service.methods.length)).toEqual([17, 6, 11]);
  });

  test.each(methods.map((method) => [`${method.parent.name}.${method.name}`, method] as const))(
    '%s is there',
    async (_, method) => {
      const { transport } = suite;
      async function* empty(): AsyncGenerator<Message> {
        yield create(method.input);
      }
      const call = async () => {
        if (method.methodKind === 'unary')
          return transport.unary(method as DescMethodUnary, undefined, 5000, undefined, {});
        const { message } = await transport.stream(
          method as DescMethodStreaming,
          undefined,
          5000,
          undefined,
          empty() as never,
        );
        for await (const _ of message) return;
      };
      const failure = await call().then(
        () => undefined,
        (error: unknown) => ConnectError.from(error),
      );
      // The empty message breaks a rule of each; those of the bidirectional streams get an answer of their own.
      const expected = method.methodKind === 'bidi_streaming' ? undefined : Code.InvalidArgument;
      expect(failure?.code).toBe(expected);
    },
  );
});
