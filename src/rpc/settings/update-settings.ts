import type { UpdateSettingsRequest } from '../../gen/flyteidl2/settings/settings_service_pb.js';
import { replaceSettings, settingsVersion } from '../../repository/settings.ts';
import { DomainError, invalidArgument, notFound } from '../../runs/errors.ts';
import { checkedSettings } from './checked.ts';
import { namedLevel, recordOf, type SettingsDeps } from './deps.ts';

/**
 * SettingsService.UpdateSettings: replaces all that a level sets, if `version` is the one that it has; then it has the next one. Throws
 * aborted if somebody else was faster: read again, decide again, repeat.
 */
export function updateSettings(deps: SettingsDeps) {
  return async (request: UpdateSettingsRequest) => {
    const { key, stored } = await namedLevel(deps, request.key);
    if (request.version < 1n || request.version >= BigInt(Number.MAX_SAFE_INTEGER)) {
      throw invalidArgument('version must be the one that the settings were read with');
    }
    const basedOn = Number(request.version);
    const change = { settings: checkedSettings(request.settings), updated_at: deps.clock() };
    await deps.dialect.writer.transaction().execute(async (db) => {
      if (await replaceSettings(db, stored, basedOn, change)) return;
      const version = await settingsVersion(db, stored);
      if (version === undefined) throw notFound('there are no settings at this level; create them');
      throw new DomainError(
        'aborted',
        `these settings have changed in the meantime: they have version ${version}, not ${basedOn}; read them again`,
      );
    });
    return { settingsRecord: recordOf({ ...stored, ...change, org: key.org, version: basedOn + 1 }) };
  };
}
