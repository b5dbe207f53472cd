import type { DescMethod, DescService, Message } from '@bufbuild/protobuf';
import type { ConnectRouter, HandlerContext } from '@connectrpc/connect';

/** A handler of one method, as it was registered; what it takes and answers depends on the kind of the method. */
export type Handler = (request: Message | AsyncIterable<Message>, context: HandlerContext) => unknown;

/** A method that can be answered without Connect's adapter. */
export interface FastMethod {
  readonly method: DescMethod;
  readonly handler: Handler;
}

/** A router that passes everything on to Connect's, and remembers the handlers that the fast path can call itself. */
export interface RecordingRouter {
  readonly router: ConnectRouter;
  /** By path: `/flyteidl2.workflow.RunService/CreateRun`. */
  readonly methods: ReadonlyMap<string, FastMethod>;
}

/**
 * Remembers the methods of whole services. A service that is registered with options of its own, a single method, and a method without
 * a handler are left to Connect.
 */
export function recordMethods(inner: ConnectRouter): RecordingRouter {
  const methods = new Map<string, FastMethod>();

  function record(service: DescService, implementation: Record<string, unknown>): void {
    for (const method of service.methods) {
      const handler = implementation[method.localName];
      if (typeof handler !== 'function') continue;
      methods.set(`/${service.typeName}/${method.name}`, { method, handler: handler.bind(implementation) });
    }
  }

  const router: ConnectRouter = {
    handlers: inner.handlers,
    service(service, implementation, options) {
      inner.service(service, implementation, options);
      if (options === undefined) record(service, implementation as Record<string, unknown>);
      return router;
    },
    rpc(method, implementation, options) {
      inner.rpc(method, implementation, options);
      return router;
    },
  };
  return { router, methods };
}
