import { Button, Group, Popover, Stack, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { absoluteTime } from '../shared/instant.ts';
import { useTimeStyle } from '../shared/time.tsx';
import { type RunsSearch, withTime } from './runs-search.ts';

const SPANS = [
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['6h', 'Last 6 hours'],
  ['24h', 'Last 24 hours'],
  ['today', 'Today'],
  ['yesterday', 'Yesterday'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
] as const;

interface TimeFilterProps {
  readonly search: RunsSearch;
  onChange(search: RunsSearch): void;
}

/** When runs began: a span that ends now, or from one instant to another. */
export function TimeFilter({ search, onChange }: TimeFilterProps) {
  const [opened, setOpened] = useState(false);
  const [style] = useTimeStyle();
  const choose = (time: Pick<RunsSearch, 'since' | 'from' | 'to'>) => {
    onChange(withTime(search, time));
    setOpened(false);
  };
  const utc = style === 'utc';
  const active = search.since !== undefined || search.from !== undefined || search.to !== undefined;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant={active ? 'light' : 'default'}
          rightSection={<IconChevronDown size={14} />}
          onClick={() => setOpened((before) => !before)}
        >
          {summary(search, utc)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="When runs began">
        <Group align="flex-start" gap="lg" wrap="nowrap">
          <Stack gap={4}>
            {SPANS.map(([since, label]) => (
              <Button
                key={since}
                variant={search.since === since ? 'light' : 'subtle'}
                justify="flex-start"
                onClick={() => choose({ since })}
              >
                {label}
              </Button>
            ))}
            <Button variant={active ? 'subtle' : 'light'} justify="flex-start" onClick={() => choose({})}>
              Any time
            </Button>
          </Stack>
          <Exact key={`${search.from} ${search.to} ${utc}`} search={search} utc={utc} onChoose={choose} />
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ExactProps {
  readonly search: RunsSearch;
  readonly utc: boolean;
  onChoose(time: Pick<RunsSearch, 'from' | 'to'>): void;
}

function Exact({ search, utc, onChoose }: ExactProps) {
  const [from, setFrom] = useState(inputText(search.from, utc));
  const [to, setTo] = useState(inputText(search.to, utc));
  const wrong = from !== '' && to !== '' && from >= to;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong) return;
        const [start, end] = [instantText(from, utc), instantText(to, utc)];
        onChoose({ ...(start && { from: start }), ...(end && { to: end }) });
      }}
    >
      <Stack gap="xs">
        <TextInput
          type="datetime-local"
          step={1}
          label={`From (${utc ? 'UTC' : 'local time'})`}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label="Before"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          error={wrong ? 'It has to be later.' : undefined}
        />
        <Button type="submit" variant="default">
          Show
        </Button>
      </Stack>
    </form>
  );
}

/** `2026-11-21T04:05:06`, as the browser's field has it. */
function inputText(instant: string | undefined, utc: boolean): string {
  if (instant === undefined) return '';
  const at = new Date(instant);
  const shown = utc ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shown.toISOString().slice(0, 19);
}

function instantText(input: string, utc: boolean): string | undefined {
  if (input === '') return undefined;
  const at = new Date(utc ? `${input}Z` : input);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace('.000Z', 'Z');
}

function summary({ since, from, to }: RunsSearch, utc: boolean): string {
  const span = SPANS.find(([key]) => key === since);
  if (span !== undefined) return span[1];
  if (since !== undefined) return `Last ${since}`;
  if (from === undefined && to === undefined) return 'Any time';
  const text = (instant: string) =>
    absoluteTime(Date.parse(instant), utc ? 'utc' : 'local', Date.now()).replace(/:\d\d$/, '');
  if (to === undefined) return `Since ${text(from ?? '')}`;
  return from === undefined ? `Before ${text(to)}` : `${text(from)} – ${text(to)}`;
}
