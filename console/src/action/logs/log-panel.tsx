import { Code, ConnectError } from '@connectrpc/connect';
import type { ReactNode } from 'react';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { ActionIdentifier } from '../../../../src/gen/flyteidl2/common/identifier_pb.js';
import { useFrameStore } from '../../api/use-page-stream.ts';
import { useShortcuts } from '../../app/shortcuts.ts';
import { EmptyState } from '../../shared/empty-state.tsx';
import { ErrorBanner } from '../../shared/error-banner.tsx';
import { useSetting } from '../../shared/settings.ts';
import { useAction } from '../action-context.ts';
import { saveText } from '../save-text.ts';
import { plainText } from './line-pieces.ts';
import { LogLines } from './log-lines.tsx';
import { LogTools } from './log-tools.tsx';
import { useLogSearch } from './use-log-search.ts';
import { type Tail, useTail } from './use-tail.ts';
import styles from './logs.module.css';

interface LogPanelProps {
  readonly id: ActionIdentifier;
  readonly attempt: number;
  readonly ended: boolean;
  readonly picker: ReactNode;
  /** Where else the log may be. */
  readonly elsewhere: ReactNode;
  readonly onRetry: () => void;
}

/** The log of one attempt with all that one can do with it. */
export function LogPanel({ id, attempt, ended, picker, elsewhere, onRetry }: LogPanelProps) {
  const { search: address, change, hrefOf } = useAction();
  const tail = useTail(id, attempt, ended);
  const { log } = tail;
  useFrameStore(log.frames);
  const [wrapText, setWrap] = useSetting<'yes' | 'no'>('log-wrap', 'yes');
  const wrap = wrapText === 'yes';
  const pointed = address.line === undefined ? undefined : Number(address.line);
  const [following, setFollowing] = useState(pointed === undefined);
  const { search, query, setQuery } = useLogSearch(log);
  const [current, setCurrent] = useState<number>();
  const input = useRef<HTMLInputElement>(null);
  const [target, setTarget] = useState(pointed === undefined ? undefined : { line: pointed });

  const find = (step: 1 | -1) => {
    const line = search.next(current ?? (step === 1 ? 0 : log.last + 1), step);
    if (line === undefined) return;
    setFollowing(false);
    setCurrent(line);
    setTarget({ line });
  };
  useShortcuts([
    { keys: 'n', label: 'Next line of the log that was found', run: () => find(1) },
    { keys: 'N', label: 'Line of the log before that was found', run: () => find(-1) },
    { keys: '/', label: 'Search the log', run: () => input.current?.select() },
    { keys: 'G', label: 'Follow the end of the log', run: () => setFollowing(true) },
  ]);
  const point = useCallback(
    (line: number) => {
      setFollowing(false);
      change({ tab: 'logs', attempt: String(attempt), line: String(line) });
    },
    [change, attempt],
  );
  const href = hrefOf({ tab: 'logs', attempt: String(attempt), line: '0' });
  const hrefOfLine = useMemo(() => (line: number) => href.replace(/([?&]line=)0/, `$1${line}`), [href]);

  // Who runs no tasks has no logs, and nothing is wrong with that.
  if (tail.state === 'failed' && ConnectError.from(tail.error).code === Code.Unimplemented)
    return (
      <EmptyState title="The log is where it ran">
        This service does not run tasks itself, so it keeps no logs of them.
        {elsewhere}
      </EmptyState>
    );
  if (tail.state === 'failed' && log.last === 0)
    return (
      <>
        <div className={styles.tools}>{picker}</div>
        <ErrorBanner title="There is no log to be shown" error={tail.error} onRetry={onRetry} />
        {elsewhere}
      </>
    );
  return (
    <>
      <LogTools
        picker={picker}
        input={input}
        query={query}
        onQuery={(text) => {
          setQuery(text);
          setCurrent(undefined);
        }}
        found={search.found.length}
        rank={current === undefined ? 0 : search.rank(current)}
        onFind={find}
        wrap={wrap}
        onWrap={() => setWrap(wrap ? 'no' : 'yes')}
        following={following}
        onFollow={() => setFollowing(!following)}
        onSave={() =>
          saveText(
            `${id.run?.name}-${id.name}-${attempt}.log`,
            log.all().map((line) => `${plainText(line)}\n`),
          )
        }
        tail={tail}
      />
      {log.last === 0 ? (
        <Nothing tail={tail} />
      ) : (
        <LogLines
          log={log}
          query={search.query}
          wrap={wrap}
          current={current}
          pointed={pointed}
          following={following}
          target={target}
          onFollowing={setFollowing}
          onPoint={point}
          hrefOfLine={hrefOfLine}
        />
      )}
    </>
  );
}

function Nothing({ tail: { state } }: { readonly tail: Tail }) {
  if (state === 'ended') return <EmptyState title="It printed nothing" />;
  return <EmptyState title="No lines yet">They come up here as soon as it prints some.</EmptyState>;
}
