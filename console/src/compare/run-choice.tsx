import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { Scope } from '../api/scope.ts';
import { useRunNames } from './use-side.ts';

interface RunChoiceProps {
  readonly scope: Scope;
  readonly label: string;
  readonly value: string | undefined;
  onChange(name: string | undefined): void;
}

/** The name of a run, typed or chosen from the newest that match. */
export function RunChoice({ scope, label, value, onChange }: RunChoiceProps) {
  const [text, setText] = useState(value ?? '');
  useEffect(() => setText(value ?? ''), [value]);
  const [searched] = useDebouncedValue(text === value ? '' : text, 200);
  const names = useRunNames(scope, searched);
  return (
    <Autocomplete
      size="xs"
      w={280}
      aria-label={label}
      placeholder={label}
      data={names.data ?? []}
      filter={({ options }) => options}
      value={text}
      onChange={setText}
      onOptionSubmit={onChange}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onChange(text.trim() || undefined);
      }}
      onBlur={() => text.trim() !== (value ?? '') && onChange(text.trim() || undefined)}
      comboboxProps={{ withinPortal: false }}
    />
  );
}
