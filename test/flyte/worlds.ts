import { fanOut } from './journeys/fan-out.ts';
import { asked, deployed, scheduled, secret } from './journeys/deploying.ts';
import { aborted, cached, followed, recovered, signalled, throttled } from './journeys/meddling.ts';
import {
  caught,
  failing,
  filed,
  hello,
  nested,
  reported,
  retried,
  traced,
  tree,
} from './journeys/running.ts';
import { SURVIVING_PROCESSES, surviving } from './journeys/surviving.ts';
import type { World } from './world.ts';

const plain = { database: 'sqlite', storage: 'folder' } as const;
const elsewhere = { database: 'postgres', storage: 's3' } as const;
const manyProcesses = { EXECUTOR_PROCESS_MAX_PROCESSES: String(SURVIVING_PROCESSES) };

/** All there are. Within a world the long journeys come first. */
export const worlds: readonly World[] = [
  {
    name: 'sqlite',
    ground: plain,
    journeys: [
      scheduled,
      deployed,
      hello,
      signalled,
      aborted,
      recovered,
      cached,
      retried,
      failing,
      tree,
      nested,
      followed,
      secret,
      filed,
      throttled,
      caught,
      traced,
      reported,
      asked,
    ],
  },
  {
    name: 'postgres',
    ground: { database: 'postgres', storage: 'folder' },
    journeys: [
      scheduled,
      deployed,
      hello,
      signalled,
      aborted,
      recovered,
      cached,
      retried,
      failing,
      nested,
      followed,
      secret,
    ],
  },
  {
    name: 's3',
    ground: { database: 'sqlite', storage: 's3' },
    journeys: [
      hello,
      deployed,
      recovered,
      cached,
      aborted,
      retried,
      failing,
      nested,
      filed,
      traced,
      reported,
    ],
  },
  {
    name: 'rust',
    ground: plain,
    rust: true,
    // This controller knows no conditions.
    journeys: [aborted, recovered, cached, retried, failing, tree, nested, filed, throttled, caught, traced],
  },
  { name: 'surviving', ground: plain, environment: manyProcesses, alone: true, journeys: [surviving] },
  {
    name: 'surviving-postgres-s3',
    ground: elsewhere,
    environment: manyProcesses,
    alone: true,
    journeys: [surviving],
  },
  { name: 'fan-out', ground: plain, alone: true, journeys: [fanOut] },
  { name: 'fan-out-postgres-s3', ground: elsewhere, alone: true, journeys: [fanOut] },
];
