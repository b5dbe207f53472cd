import { openDatabase } from '../../src/repository/open.ts';
import type { ClientProcess } from './client-process.ts';
import { type BenchDatabase, type DatabaseKind, type Measured, onPostgres, type Place } from './place.ts';
import { type Seed, seed } from './seed.ts';

/** A service on a database of its own. */
export interface Prepared {
  readonly service: Measured & { startedMs: number };
  readonly database: BenchDatabase;
  /** A client process, ended with the service. */
  client(): ClientProcess;
}

/**
 * What PostgreSQL does by itself in a database that was filled over weeks, and has not come to in one that was filled in minutes: dead rows are
 * taken away, and the planner knows how many rows there are.
 */
async function vacuum({ config }: BenchDatabase): Promise<void> {
  if (config.kind === 'sqlite') return;
  const { host, port, dbname: database, username: user, password } = config;
  await onPostgres({ host, port, database, user, password }, (client) => client.query('vacuum analyze'));
}

/** Makes a database, fills it, starts the service on it, and takes all away again when the work is done. */
export async function withService<R>(
  place: Place,
  options: {
    kind?: DatabaseKind;
    seeds?: readonly Seed[];
    vacuumed?: boolean;
    environment?: Record<string, string>;
  },
  work: (prepared: Prepared) => Promise<R>,
): Promise<R> {
  const database = await place.database(options.kind ?? 'postgres');
  const clients: ClientProcess[] = [];
  try {
    if (options.seeds) {
      const dialect = await openDatabase(database.config, 'shared');
      for (const one of options.seeds) await seed(dialect, one);
      await dialect.close();
      if (options.vacuumed) await vacuum(database);
    }
    const service = await place.service(database, options.environment);
    const client = () => {
      const made = place.client();
      clients.push(made);
      return made;
    };
    try {
      return await work({ service, database, client });
    } finally {
      place.release(clients);
      await service.stop();
    }
  } finally {
    await place.drop(database);
  }
}
