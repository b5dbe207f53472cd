import type { DescMethod } from '@bufbuild/protobuf';
import {
  type ConnectError,
  type ContextKey,
  createContextKey,
  type HandlerContext,
} from '@connectrpc/connect';

/** What the server knows about one call while it runs. */
export interface Call {
  readonly requestId: string;
  readonly method: DescMethod;
  /** The address that the request came from; that of the proxy where there is one. */
  readonly client: string;
  /** Set when the header of the request has been understood. */
  context?: HandlerContext;
  /** Gives the place of a stream back. */
  leave?: () => void;
  /** Set when the call was refused or failed in a way that its caller is told about. */
  failure?: ConnectError;
}

/** Where interceptors find the call. */
export const callKey: ContextKey<Call | undefined> = createContextKey<Call | undefined>(undefined, {
  description: 'call',
});

/** The name of a method as it stands in a URL and in the log: `flyteidl2.workflow.RunService/CreateRun`. */
export const methodPath = (method: DescMethod) => `${method.parent.typeName}/${method.name}`;
