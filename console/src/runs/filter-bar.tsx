import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useDebouncedCallback } from '@mantine/hooks';
import { type RefObject, useEffect, useState } from 'react';
import { ChoiceFilter } from './choice-filter.tsx';
import type { Choices } from './choices.ts';
import styles from './filter-bar.module.css';
import { isFiltered, type ListName, listOf, type RunsSearch, withList } from './runs-search.ts';
import { TimeFilter } from './time-filter.tsx';
import { ViewsMenu } from './views-menu.tsx';

interface FilterBarProps {
  readonly search: RunsSearch;
  readonly choices: Choices;
  readonly searchField: RefObject<HTMLInputElement | null>;
  /** Whether runs of this kind can be summed up by task. */
  readonly groups: boolean;
  onChange(search: RunsSearch, replace?: boolean): void;
}

/** All filters. Each is in the address, so that what one sees can be sent to somebody. */
export function FilterBar({ search, choices, searchField, groups, onChange }: FilterBarProps) {
  const list = (name: Exclude<ListName, 'phase'>, label: string, freeText?: string) => (
    <ChoiceFilter
      label={label}
      choices={choices[name]}
      chosen={listOf(search, name)}
      onChange={(values) => onChange(withList(search, name, values))}
      {...(freeText !== undefined && { freeText })}
    />
  );
  const { group, sort } = search;
  return (
    <div className={styles.bar}>
      <NameField search={search} field={searchField} onChange={onChange} />
      {list('task', 'Task', 'Search, or a task’s whole name')}
      {list('label', 'Label', 'Search, or key=value, or key')}
      {list('who', 'Who', 'Search, or a subject')}
      {list('trigger', 'Trigger', 'Search, or a trigger’s name')}
      {list('source', 'Source')}
      <TimeFilter search={search} onChange={onChange} />
      <Button
        variant="subtle"
        disabled={!isFiltered(search)}
        onClick={() => onChange({ ...(group && { group }), ...(sort && { sort }) })}
      >
        Clear
      </Button>
      <div className={styles.right}>
        {groups && (
          <SegmentedControl
            size="xs"
            aria-label="Runs or tasks"
            value={group ?? 'none'}
            onChange={(value) => {
              const { group: _, sort: _sort, ...rest } = search;
              onChange(value === 'task' ? { ...rest, group: 'task' } : rest);
            }}
            data={[
              { value: 'none', label: 'Runs' },
              { value: 'task', label: 'By task' },
            ]}
          />
        )}
        <ViewsMenu search={search} onChoose={onChange} />
      </div>
    </div>
  );
}

interface NameFieldProps {
  readonly search: RunsSearch;
  readonly field: RefObject<HTMLInputElement | null>;
  onChange(search: RunsSearch, replace?: boolean): void;
}

function NameField({ search, field, onChange }: NameFieldProps) {
  const name = search.name ?? '';
  const [text, setText] = useState(name);
  const ask = useDebouncedCallback((next: string) => {
    const { name: _, ...rest } = search;
    // Not every letter is a step back.
    onChange(next === '' ? rest : { ...rest, name: next }, true);
  }, 200);
  // The address changes from elsewhere, too: back, a view, "clear".
  useEffect(() => {
    if (document.activeElement !== field.current || name === '') setText(name);
  }, [name, field]);
  return (
    <TextInput
      ref={field}
      type="search"
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        ask(event.currentTarget.value.trim());
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // Browsers would empty the field.
        event.preventDefault();
        event.currentTarget.blur();
      }}
      placeholder="Name of a run"
      aria-label="Part of the name of a run"
      leftSection={<IconSearch size={14} />}
      className={styles.name}
    />
  );
}
