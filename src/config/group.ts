import * as z from 'zod';

/** A group of keys: unknown keys are refused, a group that is left out has its defaults. */
export const group = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'must be a group of keys' : undefined),
  });
