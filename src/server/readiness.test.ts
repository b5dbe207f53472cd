import { expect, test } from 'vitest';
import { createReadiness, type ReadinessReport } from './readiness.ts';

test('checks share one run while their answer is fresh, and while they run', async () => {
  let runs = 0;
  const gate = Promise.withResolvers<void>();
  const check = async () => {
    runs++;
    await gate.promise;
  };
  const readiness = createReadiness({ checks: [{ name: 'database', check }], cacheMs: 60_000 });
  const both = [readiness.report(), readiness.report()];
  gate.resolve();
  expect((await Promise.all(both)).map(({ ready }) => ready)).toEqual([true, true]);
  await readiness.report();
  expect(runs).toBe(1);
});

test('a check that hangs fails after its time and is not started again', async () => {
  let runs = 0;
  const check = () => {
    runs++;
    return new Promise<void>(() => undefined);
  };
  const readiness = createReadiness({ checks: [{ name: 'database', check }], timeoutMs: 10, cacheMs: 0 });
  for (let i = 0; i < 3; i++) {
    expect(await readiness.report()).toEqual({
      ready: false,
      draining: false,
      checks: [{ name: 'database', ok: false, message: 'no answer within 10 ms' }],
    });
  }
  expect(runs).toBe(1);
});

test('a check that throws at once, or something that is no error, fails with a bounded sentence', async () => {
  const readiness = createReadiness({
    checks: [
      {
        name: 'sync',
        check: () => {
          throw new Error('x'.repeat(1000));
        },
      },
      { name: 'text', check: () => Promise.reject('no error') },
    ],
  });
  const { checks } = await readiness.report();
  expect(checks.map(({ message }) => message.length)).toEqual([300, 8]);
});

test('watchers hear of each change once, and of draining at once', async () => {
  let broken = false;
  const check = async () => {
    if (broken) throw new Error('down');
  };
  const readiness = createReadiness({ checks: [{ name: 'database', check }], cacheMs: 0, watchMs: 60_000 });
  const heard: ReadinessReport[] = [];
  const stop = readiness.watch((report) => heard.push(report));
  await readiness.report();
  await readiness.report();
  broken = true;
  await readiness.report();
  broken = false;
  await readiness.report();
  readiness.drain();
  expect(heard.map(({ ready }) => ready)).toEqual([true, false, true, false]);
  expect(await readiness.report()).toMatchObject({ ready: false, draining: true });
  stop();
});
