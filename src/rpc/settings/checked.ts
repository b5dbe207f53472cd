import { clone, toBinary } from '@bufbuild/protobuf';
import {
  ScopeLevel,
  SettingState,
  type Settings,
  SettingsSchema,
} from '../../gen/flyteidl2/settings/settings_definition_pb.js';
import { invalidArgument } from '../../runs/errors.ts';
import { quote } from '../../runs/names.ts';
import { eachLeaf, type Leaf } from '../../runs/settings.ts';

const MAX_BYTES = 64 * 1024;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The fields of leaves that hold their values. */
const VALUES = ['stringValue', 'intValue', 'boolValue', 'mapValue', 'quantityValue', 'acceleratorValue'];

/**
 * Settings as one level keeps them: which level a leaf comes from is no part of them, and a leaf without a value of its own holds none.
 * Throws invalid_argument, with the name of the leaf, for what no run could use.
 */
export function checkedSettings(given: Settings | undefined): Uint8Array {
  if (given === undefined) throw invalidArgument('settings must be set');
  const settings = clone(SettingsSchema, given);
  eachLeaf(settings, (leaf, name) => {
    if (SettingState[leaf.state] === undefined) {
      throw invalidArgument(`settings.${name}.state ${leaf.state} is not a state of this contract`);
    }
    leaf.scopeLevel = ScopeLevel.ORG;
    if (leaf.state === SettingState.VALUE) checkValue(leaf, `settings.${name}`);
    else clearValue(leaf);
  });
  const bytes = toBinary(SettingsSchema, settings);
  if (bytes.length > MAX_BYTES) {
    throw invalidArgument(`settings have ${bytes.length} bytes, more than the ${MAX_BYTES} allowed`);
  }
  return bytes;
}

function clearValue(leaf: Leaf): void {
  for (const name of VALUES) {
    const value = leaf[name];
    if (typeof value === 'string') leaf[name] = '';
    else if (typeof value === 'bigint') leaf[name] = 0n;
    else if (typeof value === 'boolean') leaf[name] = false;
    else if (value !== undefined) leaf[name] = undefined;
  }
}

function checkValue(leaf: Leaf, name: string): void {
  if (name === 'settings.run.max_action_concurrency') {
    const limit = leaf.intValue as bigint;
    if (limit < 0n || limit > 0xffffffffn) {
      throw invalidArgument(`${name} must be 0, for no limit, or a number of actions, not ${limit}`);
    }
  }
  for (const text of Object.values(leaf)) {
    if (typeof text === 'string' && text.includes('\0'))
      throw invalidArgument(`${name} must not contain NUL`);
  }
  const { entries } = (leaf.mapValue ?? { entries: {} }) as { entries: Record<string, string> };
  for (const [key, value] of Object.entries(entries)) {
    if (key === '' || key.includes('\0')) throw invalidArgument(`${name} has an empty key, or one with NUL`);
    if (value.includes('\0')) throw invalidArgument(`${name} ${quote(key)} must not contain NUL`);
    if (name === 'settings.environment_variables' && !VARIABLE.test(key)) {
      throw invalidArgument(
        `${name} ${quote(key)} is no name of a variable: letters, digits and _, no digit first`,
      );
    }
  }
}
