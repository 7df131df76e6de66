// Freezes values that consist of plain objects and arrays; the content of others, such as a Date or a Map, can
// be changed however frozen they are.

/** Freezes the value with all that is in it. Returns false, with nothing frozen, for one that cannot be. */
export function deepFreeze(value: unknown): boolean {
  if (!isFreezable(value)) return false;
  freeze(value);
  return true;
}

function isFreezable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isFreezable);
  return Object.getPrototypeOf(value) === Object.prototype && membersOf(value).every(isFreezable);
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  membersOf(value).forEach(freeze);
  Object.freeze(value);
}

function membersOf(value: object): unknown[] {
  return Object.values(value);
}
