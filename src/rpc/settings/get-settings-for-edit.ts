import type { GetSettingsForEditRequest } from '../../gen/flyteidl2/settings/settings_service_pb.js';
import { settingsLevels } from '../../repository/settings.ts';
import { namedLevel, recordOf, type SettingsDeps } from './deps.ts';

/** SettingsService.GetSettingsForEdit: each level as it was written, the widest first; a level without settings is left out. */
export function getSettingsForEdit(deps: SettingsDeps) {
  return async (request: GetSettingsForEditRequest) => {
    const { key, stored } = await namedLevel(deps, request.key);
    const rows = await settingsLevels(deps.dialect.reader, stored);
    return { requestedKey: key, levels: rows.map(recordOf) };
  };
}
