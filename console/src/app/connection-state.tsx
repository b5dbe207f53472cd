import { Tooltip } from '@mantine/core';
import { useConnection } from '../api/connection.ts';
import { errorText } from '../api/errors.ts';
import type { StreamState } from '../api/follow.ts';
import styles from './connection-state.module.css';

const words: Readonly<Record<StreamState, readonly [label: string, explanation: string]>> = {
  connecting: ['Connecting', 'Waiting for the first answer of the service.'],
  live: ['Live', 'The page shows what happens as it happens.'],
  reconnecting: [
    'Reconnecting',
    'The connection broke and is opened again by itself; what is shown may be old.',
  ],
  offline: ['Offline', 'This computer has no network; the page goes on once it is back.'],
  paused: [
    'Paused',
    'Other tabs hold the connections that a browser allows, so what is shown may be old. Click anywhere on this page, and it goes on.',
  ],
  ended: ['Complete', 'Nothing more will happen here.'],
  failed: ['Not live', 'The service refused to send updates.'],
};

/** Whether the page is live. It has the same width in every state, so that the header stays calm. */
export function ConnectionState() {
  const connection = useConnection();
  if (connection === undefined) return null;
  const { state, error } = connection;
  const [label, explanation] = words[state];
  const detail = error === undefined ? explanation : `${explanation} (${errorText(error)})`;
  return (
    <Tooltip label={detail} multiline maw={320}>
      <span className={styles.state} data-state={state} role="status">
        <span className={styles.dot} />
        {label}
      </span>
    </Tooltip>
  );
}
