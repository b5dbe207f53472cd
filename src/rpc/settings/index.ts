import type { ServiceImpl } from '@connectrpc/connect';
import type { SettingsService } from '../../gen/flyteidl2/settings/settings_service_pb.js';
import { createSettings } from './create-settings.ts';
import type { SettingsDeps } from './deps.ts';
import { getSettings } from './get-settings.ts';
import { getSettingsForEdit } from './get-settings-for-edit.ts';
import { updateSettings } from './update-settings.ts';

/** SettingsService: what holds for the runs of an organization, a domain and a project. */
export function createSettingsService(deps: SettingsDeps): ServiceImpl<typeof SettingsService> {
  return {
    getSettings: getSettings(deps),
    getSettingsForEdit: getSettingsForEdit(deps),
    createSettings: createSettings(deps),
    updateSettings: updateSettings(deps),
  };
}
