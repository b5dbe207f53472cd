import { Button, Combobox, Group, useCombobox } from '@mantine/core';
import { IconCheck, IconChevronDown } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import styles from './choice-filter.module.css';

/** Something to choose. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  /** Stands behind the label. */
  readonly detail?: string;
}

interface ChoiceFilterProps {
  /** What is chosen: "Task". */
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: readonly string[];
  /** Whether a value that is not in the list may be typed, and what it looks like. */
  readonly freeText?: string;
  onChange(values: readonly string[]): void;
}

const MOST = 200;

/** A button that says what is chosen, and a list to search and choose from. */
export function ChoiceFilter({ label, choices, chosen, freeText, onChange }: ChoiceFilterProps) {
  const [query, setQuery] = useState('');
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      combobox.focusTarget();
      setQuery('');
    },
    onDropdownOpen: () => combobox.focusSearchInput(),
  });
  const toggle = (value: string) =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  const text = query.trim();
  const known = withChosen(choices, chosen);
  const shown = known.filter((choice) => contains(choice, text)).slice(0, MOST);
  const { selectFirstOption, resetSelectedOption } = combobox;
  // Enter takes what fits best.
  useEffect(() => {
    if (text === '') resetSelectedOption();
    else selectFirstOption();
  }, [text, selectFirstOption, resetSelectedOption]);
  const canAdd =
    freeText !== undefined &&
    text !== '' &&
    !text.includes(',') &&
    !known.some(({ value }) => value === text);
  return (
    <Combobox
      store={combobox}
      onOptionSubmit={toggle}
      width={300}
      position="bottom-start"
      shadow="md"
      keepMounted={false}
      withinPortal={false}
    >
      <Combobox.Target withAriaAttributes={false}>
        <Button
          variant={chosen.length > 0 ? 'light' : 'default'}
          rightSection={<IconChevronDown size={14} />}
          onClick={() => combobox.toggleDropdown()}
          aria-haspopup="listbox"
          aria-expanded={combobox.dropdownOpened}
          className={styles.button}
        >
          <span className="ellipsis">{summary(label, known, chosen)}</span>
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          placeholder={freeText ?? `Search ${label.toLowerCase()}`}
          aria-label={`${label}: search`}
        />
        <Combobox.Options className={styles.options} aria-label={label}>
          {shown.map(({ value, label: name, detail }) => (
            <Combobox.Option key={value} value={value} active={chosen.includes(value)}>
              <Group gap="xs" wrap="nowrap">
                <span className={styles.check}>{chosen.includes(value) && <IconCheck size={14} />}</span>
                <span className="ellipsis" title={name}>
                  {name}
                </span>
                {detail !== undefined && <span className={styles.detail}>{detail}</span>}
              </Group>
            </Combobox.Option>
          ))}
          {canAdd && <Combobox.Option value={text}>Use “{text}”</Combobox.Option>}
          {shown.length === 0 && !canAdd && <Combobox.Empty>Nothing found</Combobox.Empty>}
        </Combobox.Options>
        {chosen.length > 0 && (
          <Combobox.Footer>
            <Button variant="subtle" size="compact-xs" onClick={() => onChange([])}>
              Clear
            </Button>
          </Combobox.Footer>
        )}
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** What is chosen can be taken back even if no run that is loaded has it. */
function withChosen(choices: readonly Choice[], chosen: readonly string[]): readonly Choice[] {
  const missing = chosen.filter((value) => !choices.some((choice) => choice.value === value));
  return [...missing.map((value) => ({ value, label: value })), ...choices];
}

function contains({ value, label }: Choice, text: string): boolean {
  const query = text.toLowerCase();
  return label.toLowerCase().includes(query) || value.toLowerCase().includes(query);
}

function summary(label: string, known: readonly Choice[], chosen: readonly string[]): string {
  const [first] = chosen;
  if (first === undefined) return label;
  const name = known.find(({ value }) => value === first)?.label ?? first;
  return chosen.length === 1 ? `${label}: ${name}` : `${label}: ${name} +${chosen.length - 1}`;
}
