import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** What stands where nothing is: what this place is for and what to do next. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <Stack align="center" gap="sm" py={64} px="md" ta="center">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text component="div" c="var(--console-muted)" size="sm" maw={800}>
        {children}
      </Text>
    </Stack>
  );
}
