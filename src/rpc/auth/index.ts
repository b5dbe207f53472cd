import type { ServiceImpl } from '@connectrpc/connect';
import type { AuthMetadataService } from '../../gen/flyteidl2/auth/auth_service_pb.js';
import type { IdentityService } from '../../gen/flyteidl2/auth/identity_pb.js';
import { noLogin } from './no-login.ts';
import { userInfo } from './user-info.ts';

/** IdentityService: who the caller is. */
export function createIdentityService(): ServiceImpl<typeof IdentityService> {
  return { userInfo };
}

/** AuthMetadataService: how to log in, which nobody can while no login is configured. */
export function createAuthMetadataService(): ServiceImpl<typeof AuthMetadataService> {
  return { getOAuth2Metadata: noLogin, getPublicClientConfig: noLogin };
}
