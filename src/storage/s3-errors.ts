import { S3ServiceException } from '@aws-sdk/client-s3';
import { DomainError, resourceExhausted, unavailable } from '../runs/errors.ts';

/** Whether the server says that there is no such object. */
export function isAbsent(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    error.$metadata.httpStatusCode === 404 &&
    error.name !== 'NoSuchBucket'
  );
}

/** What a caller may know of a failure; the rest is the cause, for the log. */
export function explainedS3Error(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  if (!(error instanceof S3ServiceException)) {
    return unavailable("the storage can't be reached; try again", error);
  }
  const status = error.$metadata.httpStatusCode ?? 0;
  if (/QuotaExceeded|InsufficientStorage|EntityTooLarge/.test(error.name) || status === 507) {
    return resourceExhausted('the storage has no space left');
  }
  // Versitygw and MinIO say so where a name is taken by what would be a folder of another one.
  if (/^(ObjectParentIsFile|ExistingObjectIsDirectory|XMinioParentIsObject)/.test(error.name)) {
    return new DomainError('failed_precondition', 'a file stands where the path needs a folder', {
      cause: error,
    });
  }
  if (status === 429 || status >= 500) return unavailable('the storage is busy; try again', error);
  return new DomainError(
    'failed_precondition',
    'the storage refuses the request; the log of the service says why',
    {
      cause: error,
    },
  );
}

/** A failure in a few words, for messages of the start. */
export function s3Reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return s3Reason(error.errors[0]);
  if (error instanceof S3ServiceException && error.name !== error.message)
    return `${error.name}: ${error.message}`;
  return error instanceof Error ? error.message || error.name : String(error);
}
