import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GroupsFolder } from './groups-folder.ts';

describe('the folder of groups', () => {
  let answers: (number | undefined | Error)[] = [];
  const errors: unknown[] = [];
  let asked = 0;
  let folder: GroupsFolder;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    asked = 0;
    folder = new GroupsFolder({
      full: 10,
      fold: async () => {
        asked++;
        const answer = answers.length === 0 ? 0 : answers.shift();
        if (answer instanceof Error) throw answer;
        return answer;
      },
      onError: (error) => errors.push(error),
    });
  });
  afterEach(async () => {
    await folder.stop();
    vi.useRealTimers();
  });

  it('goes on while there is as much as fits, looks again a second later, and rests when nothing was left', async () => {
    answers = [10, 10, 3];
    folder.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(3);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(4);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(4);
    folder.request();
    folder.request();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(5);
  });

  it('leaves it to another process that is at it, and looks again a second later', async () => {
    answers = [undefined, undefined, 2];
    folder.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect([asked, answers]).toEqual([3, []]);
  });

  it('tells why it failed and tries again', async () => {
    answers = [new Error('away'), 1];
    folder.start();
    await vi.advanceTimersByTimeAsync(2000);
    expect(errors).toMatchObject([{ message: 'away' }]);
    expect(answers).toEqual([]);
  });
});
