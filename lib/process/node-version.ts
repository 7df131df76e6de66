// The check that the entry points make before any other. This file has no imports and only old syntax, so
// that it runs in a Node that cannot run the rest.

/** The same versions as in the field `engines` of package.json. */
export const MIN_NODE = '20.11';

/** The reason why this package cannot run on a version of Node such as '18.0.0'; undefined where it can. */
export function whyNotOn(version: string): string | undefined {
  const [major, minor] = version.split('.').map(Number);
  const [minMajor, minMinor] = MIN_NODE.split('.').map(Number);
  const isOld = major! < minMajor! || (major === minMajor && minor! < minMinor!);
  if (!isOld) return undefined;
  return `ebbcache needs Node ${MIN_NODE} or later; this is ${version}. Install a newer Node, or start this program with one.`;
}
