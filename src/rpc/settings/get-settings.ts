import { fromBinary } from '@bufbuild/protobuf';
import { SettingsSchema } from '../../gen/flyteidl2/settings/settings_definition_pb.js';
import type { GetSettingsRequest } from '../../gen/flyteidl2/settings/settings_service_pb.js';
import { settingsLevels } from '../../repository/settings.ts';
import { levelOf, mergeSettings } from '../../runs/settings.ts';
import { namedLevel, type SettingsDeps } from './deps.ts';

/**
 * SettingsService.GetSettings: what holds at a level, wider levels included; each leaf says which level decided. The version is that of
 * the level's own settings, 0 if it has none.
 */
export function getSettings(deps: SettingsDeps) {
  return async (request: GetSettingsRequest) => {
    const { key, stored } = await namedLevel(deps, request.key);
    const rows = await settingsLevels(deps.dialect.reader, stored);
    const own = rows.find((row) => row.project === stored.project && row.domain === stored.domain);
    const settings = mergeSettings(
      rows.map((row) => ({ level: levelOf(row), settings: fromBinary(SettingsSchema, row.settings) })),
    );
    return { settingsRecord: { key, settings, version: BigInt(own?.version ?? 0) } };
  };
}
