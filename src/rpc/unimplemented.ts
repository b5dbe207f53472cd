import type { ConnectRouter } from '@connectrpc/connect';
import { ImageService } from '../gen/flyteidl2/imagebuilder/service_pb.js';
import { SecretService } from '../gen/flyteidl2/secret/secret_pb.js';
import { SettingsService } from '../gen/flyteidl2/settings/settings_service_pb.js';

/** The services of the contract that this version does not serve yet. */
export const LATER_SERVICES = [ImageService, SecretService, SettingsService] as const;

/** Registers them all the same, so that their RPCs answer UNIMPLEMENTED by name, in every protocol, and reflection knows them. */
export function registerLaterServices(router: ConnectRouter): void {
  for (const service of LATER_SERVICES) router.service(service, {});
}
