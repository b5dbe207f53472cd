/**
 * A client process: does the jobs that its parent sends, one after the other or side by side, and answers each with its result.
 * It is a process of its own so that the CPU time of the service is the service's alone.
 */
import { type LoadJob, runLoad, runPipeline } from './load.ts';

/** What a client process can be asked to do. */
export type Job = LoadJob;

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
  }
}

process.on('message', ({ id, job }: Envelope) => {
  run(job).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.stack : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
