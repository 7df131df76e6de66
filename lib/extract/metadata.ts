/**
 * The metadata of one file, flat. Names are exiftool's where exiftool has one; values are numbers,
 * strings, or arrays and objects of them. Dates inside a file stay as they are written there
 * ('2008:05:30 15:56:01', no time zone guessed); codes stay numbers (Orientation: 6).
 */
export type Metadata = Record<string, unknown>;
