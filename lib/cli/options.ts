import { InvalidArgumentError } from 'commander';

/** A parser for an option's number; a wrong one is a usage error that states the range. */
export function numberFrom(min: number, max: number, { whole = true } = {}) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
      throw new InvalidArgumentError(
        `It must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`,
      );
    }
    return value;
  };
}
