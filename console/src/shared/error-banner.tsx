import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { errorText } from '../api/errors.ts';

/** What went wrong, and a way to try again where there is one. */
export function ErrorBanner({ title, error, onRetry }: ErrorBannerProps) {
  return (
    <Alert
      role="alert"
      variant="outline"
      color="red"
      title={title}
      icon={<IconAlertTriangle size={16} />}
      m="md"
      styles={{ title: { color: 'var(--phase-failed-text)' } }}
    >
      <Group justify="space-between">
        <Text size="sm">{errorText(error)}</Text>
        {onRetry !== undefined && (
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}

interface ErrorBannerProps {
  readonly title: string;
  readonly error: unknown;
  readonly onRetry?: () => void;
}
