import type { Driver } from './driver.js';

/** The first attempt to connect, for the requests that wait for it. */
export interface FirstAttempt {
  driver: Promise<Driver>;
  succeeded(driver: Driver): void;
  failed(error: Error): void;
}

export function firstAttempt(): FirstAttempt {
  let succeeded!: (driver: Driver) => void;
  let failed!: (error: Error) => void;
  const driver = new Promise<Driver>((resolve, reject) => {
    succeeded = resolve;
    failed = reject;
  });
  // A rejection without a waiting request must not be unhandled.
  driver.catch(() => {});
  return { driver, succeeded, failed };
}
