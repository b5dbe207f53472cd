/**
 * A client process: does the jobs that its parent sends, one after the other or side by side, and answers each with its result.
 * It is a process of its own so that the CPU time of the service is the service's alone.
 */
import { type DownloadJob, runDownload } from './download.ts';
import { type IdleJob, runIdle } from './idle.ts';
import { type LoadJob, type LoadResult, runLoad, runPipeline } from './load.ts';
import { type RepeatJob, runRepeat, runStream, type StreamJob } from './repeat.ts';
import { runSnapshot, type SnapshotJob, type SnapshotResult } from './snapshot.ts';
import { type FinishJob, finishWatch, startWatch, type WatchJob, type WatchResult } from './watch.ts';
import { runWriter, type WriteJob, type WriteResult } from './writer.ts';

/** What a client process can be asked to do. */
export type Job =
  | LoadJob
  | SnapshotJob
  | WatchJob
  | FinishJob
  | WriteJob
  | IdleJob
  | RepeatJob
  | StreamJob
  | DownloadJob;

/** What each kind of job results in. */
export interface Results {
  readonly load: LoadResult;
  readonly pipeline: LoadResult;
  readonly snapshot: SnapshotResult;
  readonly watch: undefined;
  readonly finish: WatchResult;
  readonly write: WriteResult;
  readonly idle: undefined;
  readonly repeat: Float64Array;
  readonly stream: Float64Array;
  readonly download: number;
}

/** How a job and its answer travel. */
export interface Envelope {
  readonly id: number;
  readonly job: Job;
}

function run(job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'load':
      return runLoad(job);
    case 'pipeline':
      return runPipeline(job);
    case 'snapshot':
      return runSnapshot(job);
    case 'watch':
      return startWatch(job);
    case 'finish':
      return finishWatch(job);
    case 'write':
      return runWriter(job);
    case 'idle':
      return runIdle(job);
    case 'repeat':
      return runRepeat(job);
    case 'stream':
      return runStream(job);
    case 'download':
      return runDownload(job);
  }
}

process.on('message', ({ id, job }: Envelope) => {
  run(job).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
