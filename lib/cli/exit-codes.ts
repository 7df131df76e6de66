/** The exit codes of the command. */
export const ExitCode = {
  ok: 0,
  /** Some files could not be extracted, or the output could not be written. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The command was ended by Ctrl-C; shells report it as 128 + SIGINT. */
  interrupted: 130,
  /** The command was ended by kill; shells report it as 128 + SIGTERM. */
  terminated: 143,
} as const;
