/**
 * `node bench/run.ts [full] [write] [NAME,…]`: measures the release build (`make build` first) with clients of its own and prints a table, as text and
 * as Markdown. Without names all scenarios run, in a quick form that takes less than ten minutes; `full` takes longer and more data. `write`
 * puts the rows into docs/performance.md too, `help` lists the names.
 * The service runs with its shipped configuration, on 127.0.0.1, with a private PostgreSQL and files in a temporary folder.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { SCENARIOS } from './scenarios/index.ts';
import { Place } from './support/place.ts';
import type { Row } from './support/rows.ts';
import type { Effort } from './support/scenario.ts';
import { markdownTable, textTable, withRows } from './support/table.ts';

const QUICK: Effort = { full: false, rounds: 3, seconds: 2.5 };
const FULL: Effort = { full: true, rounds: 5, seconds: 6 };

const words = process.argv.slice(2).flatMap((argument) => argument.split(','));
const effort = words.includes('full') ? FULL : QUICK;
const names = words.filter((word) => !['full', 'write', ''].includes(word));
const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  console.error(names.includes('help') ? 'There are:' : `There is no ${unknown.join(', ')}. There are:`);
  for (const { name, about } of SCENARIOS) console.error(`  ${name.padEnd(20)} ${about}`);
  process.exit(names.includes('help') ? 0 : 2);
}
const chosen = SCENARIOS.filter(({ name, fullOnly, onlyByName }) =>
  names.length > 0 ? names.includes(name) : !onlyByName && (effort.full || !fullOnly),
);

const place = await Place.open();
const rows: Row[] = [];
let failed = 0;
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void place.close().finally(() => process.exit(130));
  });
}
try {
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`,
  );
  for (const scenario of chosen) {
    const begin = performance.now();
    try {
      const found = await scenario.run(place, effort);
      rows.push(...found);
      console.log(`\n${textTable(found)}`);
    } catch (error) {
      failed++;
      console.log(`\n${scenario.name} failed: ${error instanceof Error ? error.stack : error}`);
    }
    console.log(`    (${scenario.name} took ${((performance.now() - begin) / 1000).toFixed(0)} s)`);
  }
  console.log(`\n${markdownTable(rows)}`);
  if (words.includes('write')) {
    const page = join(dirname(import.meta.dirname), 'docs/performance.md');
    await writeFile(page, withRows(await readFile(page, 'utf8'), rows));
  }
} finally {
  await place.close();
}
process.exit(failed > 0 ? 1 : 0);
