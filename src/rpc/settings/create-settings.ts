import type { CreateSettingsRequest } from '../../gen/flyteidl2/settings/settings_service_pb.js';
import { insertSettings, type SettingsRow } from '../../repository/settings.ts';
import { alreadyExists } from '../../runs/errors.ts';
import { checkedSettings } from './checked.ts';
import { namedLevel, recordOf, type SettingsDeps } from './deps.ts';

/** SettingsService.CreateSettings: the first settings of a level; their version is 1. */
export function createSettings(deps: SettingsDeps) {
  return async (request: CreateSettingsRequest) => {
    const { key, stored } = await namedLevel(deps, request.key);
    const row: SettingsRow = {
      ...stored,
      org: key.org,
      version: 1,
      settings: checkedSettings(request.settings),
      updated_at: deps.clock(),
    };
    const created = await deps.dialect.writer.transaction().execute((db) => insertSettings(db, row));
    if (!created) throw alreadyExists('there are settings at this level already; read them and update them');
    return { settingsRecord: recordOf(row) };
  };
}
