declare module 'node-gyp-build' {
  /** Loads the addon of the package in `directory`: what was built there, else a prebuilt one. */
  export default function load(directory: string): unknown;
}
