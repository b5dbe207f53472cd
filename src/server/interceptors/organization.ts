import type { Interceptor } from '@connectrpc/connect';
import { fillOrganization } from '../../rpc/organization.ts';
import { mapMessages } from './map-messages.ts';

/** Writes an organization into requests that name none, before they are checked. */
export function organizationInterceptor(organization: string): Interceptor {
  return (next) => (request) => {
    const { input } = request.method;
    if (!request.stream) {
      fillOrganization(input, request.message, organization);
      return next(request);
    }
    const fill = mapMessages(request.message, (message) => {
      fillOrganization(input, message, organization);
      return message;
    });
    return next({ ...request, message: fill });
  };
}
