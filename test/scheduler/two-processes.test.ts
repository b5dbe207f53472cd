import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findTrigger } from '../../src/repository/triggers.ts';
import { useRepository } from '../repository/repository.ts';
import { dialects } from '../support/databases.ts';
import { deploy, deployTask, firings, minute, START, scheduled, triggerKey } from './fixtures.ts';
import type { Answer, Order } from './scheduler-process.ts';

/** A process that fires triggers when it is told the time. */
class Peer {
  readonly #child: ChildProcess;
  readonly #answers: Answer[] = [];
  #waiting: ((answer: Answer) => void) | undefined;

  constructor(config: object) {
    this.#child = fork(join(import.meta.dirname, 'scheduler-process.ts'), [JSON.stringify(config)]);
    this.#child.on('message', (answer: Answer) => {
      if (this.#waiting) this.#waiting(answer);
      else this.#answers.push(answer);
    });
  }

  tell(order: Order): void {
    this.#child.send(order);
  }

  async answer(): Promise<Answer> {
    const kept = this.#answers.shift();
    if (kept) return kept;
    return await new Promise((resolve) => {
      this.#waiting = (answer) => {
        this.#waiting = undefined;
        resolve(answer);
      };
    });
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}

describe.each(dialects)('two processes that fire, on $name', ({ create }) => {
  const repository = useRepository(create);
  const peers: Peer[] = [];

  const startPeers = async (): Promise<[Peer, Peer]> => {
    const pair: [Peer, Peer] = [new Peer(repository.database.config), new Peer(repository.database.config)];
    peers.push(...pair);
    await Promise.all(pair.map((peer) => peer.answer()));
    return pair;
  };

  afterEach(async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.kill()));
  });

  it('1,000 times: each exactly once, whoever is first', { timeout: 180_000 }, async () => {
    repository.now = START;
    await deployTask(repository.dialect, repository.writer, 'v1');
    const names = Array.from({ length: 40 }, (_, i) => `t${String(i).padStart(2, '0')}`);
    await deploy(
      repository.dialect,
      repository.writer,
      ...names.map((name) => scheduled(name, { cron: '* * * * *', kickoff: 'when' })),
    );
    const pair = await startPeers();
    const shares = [0, 0];
    // Both get each time at the same moment; now and then one of them misses some.
    for (let m = 1; m <= 25; m++) {
      const awake = pair.filter((_, i) => i === 0 || m % 5 !== 0);
      for (const peer of awake) peer.tell({ now: minute(m, 1) });
      for (const peer of awake) {
        const answer = await peer.answer();
        const i = pair.indexOf(peer);
        shares[i] = (shares[i] ?? 0) + ('created' in answer ? answer.created : 0);
      }
    }
    const expected = names.flatMap((name) =>
      Array.from({ length: 25 }, (_, i) => `${name} 1 ${minute(i + 1).slice(0, 16)}`),
    );
    expect(await firings(repository.dialect)).toEqual(expected.sort());
    expect(shares.reduce((sum, share) => sum + share)).toBe(1000);
  });

  it('one that is killed before its commit leaves its time to the other', { timeout: 60_000 }, async () => {
    repository.now = START;
    await deployTask(repository.dialect, repository.writer, 'k1');
    await deploy(
      repository.dialect,
      repository.writer,
      scheduled('killed', { cron: '30 12 * * *', kickoff: 'when' }, { taskVersion: 'k1' }),
    );
    // The triggers of the test before are out of the way.
    await repository.dialect.writer
      .updateTable('triggers')
      .set({ next_fire_at: null })
      .where('name', '!=', 'killed')
      .execute();
    const [first, second] = await startPeers();
    first.tell({ now: minute(150, 1), hang: true });
    expect(await first.answer()).toEqual({ holding: true });
    await first.kill();
    second.tell({ now: minute(151) });
    expect(await second.answer()).toEqual({ created: 1 });
    const found = (await firings(repository.dialect)).filter((text) => text.startsWith('killed'));
    expect(found).toEqual(['killed 1 2026-03-02T12:30']);
    const row = await findTrigger(repository.dialect.reader, triggerKey('killed'));
    expect(row?.next_fire_at).toBe(minute(150 + 24 * 60));
  });
});
