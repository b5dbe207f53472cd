/*
 * A process that opens, and so migrates, a database when it is told to: it prints `ready`, waits for a line, and prints `done`.
 * Argument: the database part of the configuration, as JSON.
 */
import { once } from 'node:events';
import type { DatabaseConfig } from '../../src/config.ts';
import { isMigrated } from '../../src/repository/database.ts';
import { openDatabase } from '../../src/repository/open.ts';

const config = JSON.parse(process.argv[2] ?? '') as DatabaseConfig;
console.log('ready');
await once(process.stdin, 'data');
const dialect = await openDatabase(config, 'shared');
console.log((await isMigrated(dialect)) ? 'done' : 'not migrated');
await dialect.close();
process.exit(0);
