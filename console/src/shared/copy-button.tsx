import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { copyText } from './copy-text.ts';

const TOLD_MS = 1500;

/** Copies `value`; `what` says what that is, as in "Copy the run's name". */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const [copied, setCopied] = useState<boolean>();
  useEffect(() => {
    if (copied === undefined) return;
    const timer = setTimeout(() => setCopied(undefined), TOLD_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const label =
    copied === undefined ? `Copy ${what}` : copied ? 'Copied' : 'The browser does not let the page copy';
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="sm"
        aria-label={`Copy ${what}`}
        onClick={() => void copyText(value).then((done) => setCopied(done))}
      >
        {copied === true ? <IconCheck size={14} /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}
