import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import {
  IconArrowBarToDown,
  IconChevronDown,
  IconChevronUp,
  IconDownload,
  IconSearch,
  IconTextWrap,
} from '@tabler/icons-react';
import type { KeyboardEvent, ReactNode, RefObject } from 'react';
import { errorText } from '../../api/errors.ts';
import styles from './logs.module.css';
import type { Tail } from './use-tail.ts';

interface LogToolsProps {
  readonly picker: ReactNode;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  /** How many lines were found. */
  readonly found: number;
  /** Which of them one is at, from 1; 0 if at none. */
  readonly rank: number;
  readonly onFind: (step: 1 | -1) => void;
  readonly wrap: boolean;
  readonly onWrap: () => void;
  readonly following: boolean;
  readonly onFollow: () => void;
  readonly onSave: () => void;
  readonly tail: Tail;
}

/** What one can do with a log. */
export function LogTools(props: LogToolsProps) {
  const { query, found, rank, onFind, onQuery, tail } = props;
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') onFind(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') event.currentTarget.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={styles.tools}>
      {props.picker}
      <TextInput
        ref={props.input}
        className={styles.search}
        aria-label="Search the log"
        placeholder="Search ( / )"
        leftSection={<IconSearch size={14} />}
        value={query}
        onChange={(event) => onQuery(event.currentTarget.value)}
        onKeyDown={keys}
        rightSectionWidth={query === '' ? 0 : 96}
        rightSectionPointerEvents="none"
        rightSection={
          <span className={styles.found} aria-live="polite">
            {query !== '' && `${rank > 0 ? `${rank.toLocaleString('en-US')} of ` : ''}${linesText(found)}`}
          </span>
        }
      />
      <Tool label="Line found before (N)" disabled={found === 0} onClick={() => onFind(-1)}>
        <IconChevronUp size={16} />
      </Tool>
      <Tool label="Next line found (n)" disabled={found === 0} onClick={() => onFind(1)}>
        <IconChevronDown size={16} />
      </Tool>
      <span className={styles.state} data-state={tail.state} title={stateTitle(tail)}>
        {stateText(tail)}
      </span>
      <Tool
        label={props.following ? 'Follows the end' : 'Follow the end (G)'}
        pressed={props.following}
        onClick={props.onFollow}
      >
        <IconArrowBarToDown size={16} />
      </Tool>
      <Tool label="Wrap long lines" pressed={props.wrap} onClick={props.onWrap}>
        <IconTextWrap size={16} />
      </Tool>
      <Tool label="Save the log" disabled={tail.log.last === 0} onClick={props.onSave}>
        <IconDownload size={16} />
      </Tool>
    </div>
  );
}

interface ToolProps {
  readonly label: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Tool({ label, pressed, disabled = false, onClick, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        aria-pressed={pressed}
        variant={pressed === true ? 'light' : 'subtle'}
        disabled={disabled}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function stateText({ state, log }: Tail): string {
  switch (state) {
    case 'live':
      return `Live · ${linesText(log.last)}`;
    case 'ended':
      return linesText(log.last);
    case 'connecting':
      return 'Opening…';
    case 'reconnecting':
      return log.last === 0 ? 'Waiting for it…' : 'Opening it again…';
    case 'offline':
      return 'Offline';
    case 'paused':
      return `Paused · ${linesText(log.last)}`;
    case 'failed':
      return 'Broken off';
  }
}

function stateTitle({ state, error, log }: Tail): string | undefined {
  if (state === 'failed' || state === 'reconnecting') return errorText(error);
  return log.first > 1
    ? `The first ${(log.first - 1).toLocaleString('en-US')} lines are not kept in this page.`
    : undefined;
}

function linesText(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'line' : 'lines'}`;
}
