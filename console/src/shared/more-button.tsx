import { Button } from '@mantine/core';

interface MoreButtonProps {
  /** A list that is read page by page. */
  readonly list: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    fetchNextPage(): Promise<unknown>;
  };
  /** What the list is of: `tasks`. */
  readonly of: string;
}

/** Reads the next page of a list, as long as there is one. */
export function MoreButton({ list, of }: MoreButtonProps) {
  if (!list.hasNextPage) return null;
  return (
    <Button
      m="md"
      variant="default"
      loading={list.isFetchingNextPage}
      onClick={() => void list.fetchNextPage()}
    >
      More {of}
    </Button>
  );
}
