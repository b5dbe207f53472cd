import { describe, expect, test, vi } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { Collector } from './collector.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Restarts } from './restarts.ts';
import { linkWorker } from './worker.ts';

describe('replacing workers that die', () => {
  test('one death costs nothing, many cost ever more, and a quiet minute forgives', () => {
    const restarts = new Restarts();
    const pauses = Array.from({ length: 12 }, (_, i) => restarts.pauseAfterDeath(i));
    expect(pauses).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    expect(restarts.pauseAfterDeath(60_100)).toBe(0);
  });

  test('a worker that dies again and again never waits longer than half a minute', () => {
    const restarts = new Restarts();
    for (let i = 0; i < 2000; i++) expect(restarts.pauseAfterDeath(i)).toBeLessThanOrEqual(30_000);
  });
});

describe('collecting metrics', () => {
  const peer = () => {
    const got: ToWorker[] = [];
    return { got, send: (message: ToWorker) => void got.push(message) };
  };
  const answer = (id: number): FromWorker & { type: 'snapshot' } => ({ type: 'snapshot', id, metrics: [] });

  test('the asker gets what all others say', () => {
    const [asker, a, b] = [peer(), peer(), peer()];
    const collector = new Collector();
    collector.collect(asker, 7, [a, b]);
    expect(a.got).toEqual([{ type: 'report', id: 1 }]);
    collector.answered(a, answer(1));
    // Twice is no answer of the other one.
    collector.answered(a, answer(1));
    expect(asker.got).toEqual([]);
    collector.answered(b, answer(1));
    expect(asker.got).toEqual([{ type: 'collected', id: 7, metrics: [[], []] }]);
  });

  test('who is gone or silent is left out', () => {
    vi.useFakeTimers();
    const [asker, a, b] = [peer(), peer(), peer()];
    const collector = new Collector(1000);
    collector.collect(asker, 1, [a]);
    collector.gone(a);
    expect(asker.got).toEqual([{ type: 'collected', id: 1, metrics: [] }]);
    collector.collect(asker, 2, [a, b]);
    collector.answered(a, answer(2));
    vi.advanceTimersByTime(1000);
    expect(asker.got).toHaveLength(2);
    expect(asker.got[1]).toEqual({ type: 'collected', id: 2, metrics: [[]] });
    vi.useRealTimers();
  });
});

describe('the link of a worker', () => {
  function start() {
    const sent: FromWorker[] = [];
    let hear = (_: ToWorker): void => undefined;
    const host = {
      send: (message: FromWorker) => void sent.push(message),
      on: (_: 'message', listener: (message: ToWorker) => void) => {
        hear = listener;
      },
    };
    const link = linkWorker(host, 0, 2);
    return { link, sent, hear: (message: ToWorker) => hear(message) };
  }

  test('is ready from when all workers were there once', async () => {
    const { link, hear } = start();
    hear({ type: 'workers', listening: 1, complete: false });
    await expect(link.readiness.check()).rejects.toThrow('1 of 2 workers have started');
    hear({ type: 'workers', listening: 2, complete: true });
    await link.readiness.check();
    hear({ type: 'workers', listening: 1, complete: true });
    await link.readiness.check();
  });

  test('those who ask for metrics at the same time share an answer', async () => {
    const { link, sent, hear } = start();
    const both = [link.collect(), link.collect()];
    expect(sent).toEqual([{ type: 'collect', id: 1 }]);
    hear({ type: 'collected', id: 1, metrics: [[]] });
    expect(await Promise.all(both)).toEqual([[[]], [[]]]);
    void link.collect();
    expect(sent).toHaveLength(2);
  });

  test('a stop that comes before anybody listens is not lost', async () => {
    const { link, hear } = start();
    hear({ type: 'stop' });
    const reason = await new Promise((resolve) => link.onStop(resolve));
    expect(reason).toMatch(/told/);
  });

  test('answers with its own metrics', async () => {
    const { link, sent, hear } = start();
    link.onReport(async () => []);
    hear({ type: 'report', id: 3 });
    await Promise.resolve();
    expect(sent).toEqual([{ type: 'snapshot', id: 3, metrics: [] }]);
  });
});

test('metrics of several processes add up, those of the whole database do not', async () => {
  const [a, b] = [createMetrics({ process: false }), createMetrics({ process: true })];
  const labels = { service: 's', method: 'm', code: 'ok' };
  a.rpcRequests.inc(labels, 2);
  b.rpcRequests.inc(labels, 3);
  a.batchSize.observe(2);
  b.batchSize.observe(2);
  a.outbox.waiting.set({ target: 'runs' }, 5);
  b.outbox.waiting.set({ target: 'runs' }, 4);
  const { body } = await a.render([await b.snapshot()]);
  expect(body).toContain('runs_rpc_requests_total{service="s",method="m",code="ok"} 5');
  expect(body).toContain('runs_write_batch_size_bucket{le="2"} 2');
  expect(body).toContain('runs_outbox_waiting{target="runs"} 5');
  expect(body).toContain('process_resident_memory_bytes');
});
