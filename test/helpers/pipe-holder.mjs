// Holds pipes open, each with a page of data in it.

import { constants, openSync, writeSync } from 'node:fs';
import { serve } from './serve.mjs';

const data = Buffer.alloc(4000, 1);

serve({
  /** Opens FIFOs, each of which is a pipe once it is open. */
  async open(names) {
    for (const [i, name] of names.entries()) {
      writeSync(openSync(name, constants.O_RDWR | constants.O_NONBLOCK), data);
      // The pause leaves others time to release memory.
      if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
});
