import { Checkbox, TextInput } from '@mantine/core';

/** What can be said of a run that is to be started, beside its inputs. */
export interface RunOptions {
  /** As it was typed. */
  readonly name: string;
  readonly overwriteCache: boolean;
}

/** What holds until somebody says otherwise. */
export const DEFAULT_OPTIONS: RunOptions = { name: '', overwriteCache: false };

interface RunOptionFieldsProps {
  readonly nameLabel: string;
  readonly options: RunOptions;
  onChange(options: RunOptions): void;
}

/** Asks for the name of a run, and whether it may use cached results. */
export function RunOptionFields({ nameLabel, options, onChange }: RunOptionFieldsProps) {
  return (
    <>
      <TextInput
        mt="sm"
        label={nameLabel}
        placeholder="made up, if left empty"
        maxLength={30}
        value={options.name}
        onChange={({ currentTarget }) => onChange({ ...options, name: currentTarget.value })}
      />
      <Checkbox
        mt="sm"
        size="xs"
        label="Pass over cached results, and replace them"
        checked={options.overwriteCache}
        onChange={({ currentTarget }) => onChange({ ...options, overwriteCache: currentTarget.checked })}
      />
    </>
  );
}
