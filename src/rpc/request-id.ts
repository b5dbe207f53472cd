import { type ContextKey, createContextKey } from '@connectrpc/connect';

/** The id of the request, as it stands in the log and in the response header `x-request-id`. */
export const requestIdKey: ContextKey<string> = createContextKey('', { description: 'request id' });
