import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';
import { checkMessage } from '../../rpc/validation.ts';
import { mapMessages } from './map-messages.ts';

/**
 * Checks a message of a request against the rules of the contract; see checkMessage for the error. Those of bidirectional streams are
 * left to their handlers, because there each message gets an answer of its own and a wrong one must not end the stream.
 */
export function checkRequest(method: DescMethod, message: Message): void {
  if (method.methodKind !== 'bidi_streaming') checkMessage(method.input, message);
}

/** Runs checkRequest on every request before a handler sees it. */
export function validationInterceptor(): Interceptor {
  return (next) => (request) => {
    const { method } = request;
    if (!request.stream) {
      checkRequest(method, request.message);
      return next(request);
    }
    if (method.methodKind === 'bidi_streaming') return next(request);
    const checked = mapMessages(request.message, (message) => {
      checkRequest(method, message);
      return message;
    });
    return next({ ...request, message: checked });
  };
}
