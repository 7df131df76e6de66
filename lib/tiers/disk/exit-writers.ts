// What waits to be written when the process, or the worker, ends without a shutdown. One listener for
// all, so that no number of caches looks like a leak of listeners.

type FinalWrite = () => void;

const writes = new Set<FinalWrite>();
const writeAll = () => {
  for (const write of writes) write();
};

export function writeAtExit(write: FinalWrite): void {
  if (writes.size === 0) process.on('exit', writeAll);
  writes.add(write);
}

export function forgetAtExit(write: FinalWrite): void {
  writes.delete(write);
  if (writes.size === 0) process.off('exit', writeAll);
}
