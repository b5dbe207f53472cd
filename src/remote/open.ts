import type { Config, PeerConfig } from '../config.ts';
import { type Logger, sourceLogger } from '../logger.ts';
import type { Dialect } from '../repository/dialects/dialect.ts';
import type { Flushed } from '../repository/write/flush.ts';
import type { GroupCommit } from '../repository/write/group-commit.ts';
import type { Telling } from '../repository/write/unit.ts';
import { systemClock } from '../runs/instant.ts';
import type { Storage } from '../storage/storage.ts';
import { Courier } from './courier.ts';
import { createHandOver } from './hand-over.ts';
import { openPeer } from './peer.ts';
import { createReporter } from './report.ts';
import type { OutboxMetrics, Teller } from './teller.ts';

/** Milliseconds between two looks at the outbox, which other processes fill too. */
const POLL_MS = 1000;
/** Milliseconds after which the runs of a process that was killed are taken up by another one, or by itself after a restart. */
const LEASE_MS = 10_000;

/** What the couriers of a service are made of. */
export interface CourierParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly dialect: Dialect;
  readonly writer: GroupCommit;
  readonly storage: Storage;
  readonly metrics: OutboxMetrics;
}

/** Everything of a service that tells other services. */
export interface Couriers {
  readonly checks: readonly Courier['readiness'][];
  committed(flushed: Flushed): void;
  start(): void;
  stop(): Promise<void>;
}

/** What a service with this configuration has to tell others; every process that writes to its database must know it. */
export function tellingOf({ executor }: Config): Telling {
  return { actions: executor.kind === 'remote', runs: executor.reportTo !== undefined };
}

/** The couriers that the configuration asks for, often none; they work once they are started. Throws a StartupError. */
export function openCouriers(parts: CourierParts): Couriers {
  const { remote, reportTo } = parts.config.executor;
  const couriers: Courier[] = [];
  const shared = { ...parts, logger: sourceLogger(parts.logger, 'outbox'), reader: parts.dialect.reader };
  if (remote !== undefined) {
    const transport = openPeer(remote, 'executor.remote');
    couriers.push(courier(shared, remote, createHandOver({ ...shared, transport, url: remote.url })));
  }
  if (reportTo !== undefined) {
    const transport = openPeer(reportTo, 'executor.reportTo');
    couriers.push(courier(shared, reportTo, createReporter({ ...shared, transport, url: reportTo.url })));
  }
  return {
    checks: couriers.map((one) => one.readiness),
    committed(flushed) {
      for (const one of couriers) one.committed(flushed);
    },
    start() {
      for (const one of couriers) one.start();
    },
    async stop() {
      await Promise.all(couriers.map((one) => one.stop()));
    },
  };
}

function courier(parts: CourierParts, { warnAfterMs }: PeerConfig, teller: Teller): Courier {
  const { dialect, metrics, logger } = parts;
  return new Courier({
    dialect,
    metrics,
    logger,
    teller,
    clock: systemClock,
    leaseMs: LEASE_MS,
    pollMs: POLL_MS,
    warnAfterMs,
  });
}
