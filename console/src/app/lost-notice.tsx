import { useEffect, useState } from 'react';
import { useConnection } from '../api/connection.ts';
import { errorText } from '../api/errors.ts';
import styles from './lost-notice.module.css';

/** A restart of the service is over before anybody has to be told. */
const QUIET_MS = 2500;

/** Says that the page is on its own, once it has been for a while, without moving anything of it. */
export function LostNotice() {
  const connection = useConnection();
  const lost = connection?.state === 'reconnecting' || connection?.state === 'offline';
  const [told, setTold] = useState(false);
  useEffect(() => {
    if (!lost) {
      setTold(false);
      return;
    }
    const timer = setTimeout(() => setTold(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [lost]);
  if (!lost || !told) return null;
  const why =
    connection.state === 'offline'
      ? 'This computer has no network.'
      : connection.error === undefined
        ? 'The connection to the service broke.'
        : errorText(connection.error);
  return (
    <p className={styles.notice} role="alert">
      {why} What is shown may be old, or missing; the page goes on by itself.
    </p>
  );
}
