// What it costs to know how tight memory is: one look, and a process that watches all the time.

import { LOOKS_A_ROUND, timeLooks } from './look-cost.mjs';
import { whyNoGroup, withGroup } from './memory-group.mjs';
import { spread } from './statistics.mjs';
import { timeWatcher, watcherNames } from './watch-cost.mjs';

const GROUP_LIMIT = 1024 ** 3;
const PROCESSES = 3;

export async function pressureCost({ quick }) {
  const rounds = quick ? 5 : 50;
  const seconds = quick ? 2 : 60;
  const settleSeconds = quick ? 1 : 15;
  const looks = await measureLooks(rounds);
  const watchers = await measureWatchers({ seconds, settleSeconds });
  return {
    title: 'Watching memory',
    about:
      `The time of one look: the medians of ${rounds} times ${LOOKS_A_ROUND} looks, ` +
      'outside and inside a memory cgroup with a limit where one can be made. And the CPU time ' +
      `(user and system, all threads) of otherwise idle processes, ${PROCESSES} of each kind, over ` +
      `${seconds} seconds.`,
    tables: [lookTable(looks), watcherTable(watchers)],
    measured: { looks, watchers },
  };
}

async function measureLooks(rounds) {
  const outside = await timeLooks({ rounds });
  if (whyNoGroup() !== undefined) return { outside };
  const inside = await withGroup(GROUP_LIMIT, ({ folder }) => timeLooks({ rounds, folder }));
  return { outside, inside };
}

function lookTable(looks) {
  return {
    columns: ['look', ...Object.keys(looks).map((place) => `${place}, us`)],
    rows: Object.keys(looks.outside).map((name) => [
      name,
      ...Object.values(looks).map((times) => spread(times[name], 1)),
    ]),
  };
}

/** All at once, as they are idle. */
async function measureWatchers(times) {
  const percents = await Promise.all(
    watcherNames.map((name) =>
      Promise.all(Array.from({ length: PROCESSES }, () => timeWatcher({ name, ...times }))),
    ),
  );
  return Object.fromEntries(watcherNames.map((name, i) => [name, percents[i]]));
}

function watcherTable(watchers) {
  return {
    columns: ['an idle process with', 'CPU, % of a core'],
    rows: Object.entries(watchers).map(([name, percents]) => [name, spread(percents, 4)]),
  };
}
