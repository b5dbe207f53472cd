import {
  type Code,
  ConnectError,
  type ConnectRouter,
  createRouterTransport,
  type Transport,
} from '@connectrpc/connect';
import { toConnectError } from '../../src/rpc/errors.ts';

/** Calls services without a network, with the errors that the server would make of theirs. */
export function inMemoryTransport(routes: (router: ConnectRouter) => void): Transport {
  return createRouterTransport(routes, {
    router: {
      interceptors: [
        (next) => async (request) => {
          try {
            return await next(request);
          } catch (error) {
            throw toConnectError(error, 'test');
          }
        },
      ],
    },
  });
}

/** The code and sentence with which a call is refused; throws if it is not. */
export async function refusal(call: Promise<unknown>): Promise<[Code, string]> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConnectError) return [error.code, error.rawMessage];
    throw error;
  }
  throw new Error('the call succeeded');
}
