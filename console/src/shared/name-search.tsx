import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useRef } from 'react';
import { useShortcuts } from '../app/shortcuts.ts';

interface NameSearchProps {
  readonly label: string;
  readonly q: string | undefined;
  /** Told the search that the address is to have: none if the field is empty. */
  onSearch(search: { q?: string }): void;
}

/** The field for a part of a name; `/` goes to it. */
export function NameSearch({ label, q, onSearch }: NameSearchProps) {
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: '/', label: 'Search', run: () => field.current?.select() }]);
  return (
    <TextInput
      ref={field}
      type="search"
      m="12px 16px"
      maw={320}
      aria-label={label}
      placeholder="Part of a name  /"
      leftSection={<IconSearch size={14} />}
      value={q ?? ''}
      onChange={({ currentTarget: { value } }) => onSearch(value === '' ? {} : { q: value })}
    />
  );
}
