import { resolve } from 'node:path';
import type { Config } from '../config.ts';

/** The folder of the executor's files, as an absolute path. */
export function executorFolder(config: Config): string {
  return resolve(config.executor.process.workDir);
}
