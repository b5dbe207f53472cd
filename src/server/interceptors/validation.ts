import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';
import { checkMessage } from '../../rpc/validation.ts';
import { mapMessages } from './map-messages.ts';

/**
 * Checks every request against the rules of the contract before a handler sees it; see checkMessage for the
 * error. Requests of bidirectional streams are left to their handlers, because there each message gets an
 * answer of its own and a wrong one must not end the stream.
 */
export function validationInterceptor(): Interceptor {
  return (next) => (request) => {
    const { input, methodKind } = request.method;
    const check = (message: MessageShape<DescMessage>) => {
      checkMessage(input, message);
      return message;
    };
    if (!request.stream) {
      check(request.message);
      return next(request);
    }
    if (methodKind === 'bidi_streaming') return next(request);
    return next({ ...request, message: mapMessages(request.message, check) });
  };
}
