import { isIPv4 } from 'node:net';
import { StartupError } from '../config/errors.ts';

/** Whether only this machine can reach what listens on the address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

/**
 * Throws a StartupError if whoever reaches the port could run commands on this machine without the operator having said that this is
 * meant: a process executor runs what requests name, and there is no login.
 */
export function checkExecutorIsSafe(config: {
  executor: { kind: string; process: { allowRemote: boolean } };
  runs: { server: { host: string } };
}): void {
  const { executor, runs } = config;
  if (executor.kind !== 'process' || executor.process.allowRemote || isLoopback(runs.server.host)) return;
  throw new StartupError(
    `executor.kind: process runs whatever command a request names, and runs.server.host: ${runs.server.host} lets other machines send requests; set runs.server.host: 127.0.0.1, or executor.kind: none, or executor.process.allowRemote: true if everybody who reaches the port may run commands here`,
  );
}
