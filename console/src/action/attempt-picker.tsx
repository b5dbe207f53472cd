import { NativeSelect } from '@mantine/core';
import { phaseInfo } from '../shared/phase.ts';
import { useAction } from './action-context.ts';

/** Chooses which attempt is looked at, where there were several. */
export function AttemptPicker() {
  const { details, attempt, change } = useAction();
  const attempts = details?.attempts ?? [];
  if (attempts.length < 2) return null;
  return (
    <NativeSelect
      size="xs"
      aria-label="Attempt"
      value={String(attempt)}
      onChange={(event) => change({ attempt: event.currentTarget.value, line: undefined })}
      data={attempts.map((one) => ({
        value: String(one.attempt),
        label: `Attempt ${one.attempt}: ${phaseInfo(one.phase).label.toLowerCase()}`,
      }))}
    />
  );
}
