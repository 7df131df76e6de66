import type { Driver } from './driver.js';

/** The first attempt to connect, for those who wait for it. */
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
  // There need be nobody who waits.
  driver.catch(() => {});
  return { driver, succeeded, failed };
}
