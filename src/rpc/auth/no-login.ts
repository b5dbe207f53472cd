import { unimplemented } from '../../runs/errors.ts';

/** Clients ask for login details only after an UNAUTHENTICATED, which this service never answers without a login. */
export function noLogin(): never {
  throw unimplemented('no login is configured for this service: call it without credentials');
}
