import type { ErrorComponentProps } from '@tanstack/react-router';
import { ErrorBanner } from '../shared/error-banner.tsx';

/** For a page that could not be shown at all. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorBanner title="This page could not be shown" error={error} onRetry={reset} />;
}
