// The cost of measuring memory pressure: one sample, the check before a slab, and a process that
// watches all the time. It is compared with the version before where EBBCACHE_BEFORE names it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { whyNoGroup, withGroup } from './memory-group.mjs';
import { SAMPLES_A_ROUND, timeSamples } from './sample-cost.mjs';
import { spread } from './statistics.mjs';
import { inTurns, versions } from './versions.mjs';
import { timeWatcher, watcherNames } from './watch-cost.mjs';

const GROUP_LIMIT = 1024 ** 3;
const GUARDED_LIMIT = 256 * 1024 ** 2;
const PROCESSES = 3;
const TURNS = 5;

export async function pressureCost({ quick }) {
  const rounds = quick ? 1 : 10;
  const seconds = quick ? 2 : 60;
  const settleSeconds = quick ? 1 : 15;
  const looks = await measureSamples(rounds);
  const guard = await measureGuard(rounds);
  const watchers = await measureWatchers({ seconds, settleSeconds });
  return {
    title: 'Watching memory',
    about:
      `The time of one sample: the medians of ${TURNS * rounds} times ${SAMPLES_A_ROUND} samples, ` +
      'outside and inside a memory cgroup with a limit where one can be made; and of the check ' +
      'before a slab is taken, far from the limit of such a group and where it refuses. And the CPU ' +
      `time (user and system, all threads) of otherwise idle processes, ${PROCESSES} of each kind, ` +
      `over ${seconds} seconds.`,
    tables: [
      versionsTable('look, us', looks, 1),
      versionsTable('check before a slab, us', guard, 2),
      versionsTable('an idle process with, CPU in % of a core', watchers, 4),
    ],
    measured: { looks, guard, watchers },
  };
}

/** Adds the place to the names, after a comma. */
function inPlace(place, times) {
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [`${name}, ${place}`, all]));
}

function measureSamples(rounds) {
  return inTurns(TURNS, async (root) => {
    const outside = inPlace('outside', await timeSamples({ rounds, root }));
    if (whyNoGroup() !== undefined) return outside;
    const inside = await withGroup(GROUP_LIMIT, ({ folder }) =>
      timeSamples({ rounds, folder, root }),
    );
    return { ...outside, ...inPlace('inside', inside) };
  });
}

/** Resolves to no numbers where no group can be made, or a version has no such program. */
function measureGuard(rounds) {
  return inTurns(TURNS, async (root) => {
    const program = join(root, 'build/native/bench/ebbcache_guard_cost');
    if (whyNoGroup() !== undefined || !existsSync(program)) return {};
    const printed = await withGroup(GUARDED_LIMIT, (group) =>
      text(group.spawn(program, [`${rounds}`], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout),
    );
    const entries = Object.entries(JSON.parse(printed));
    return Object.fromEntries(entries.map(([name, all]) => [name, all.map((ns) => ns / 1000)]));
  });
}

/** Measures all processes of a version at once, as they are idle. */
function measureWatchers(times) {
  return inTurns(1, async (root) => {
    const percents = await Promise.all(
      watcherNames.map((name) =>
        Promise.all(Array.from({ length: PROCESSES }, () => timeWatcher({ name, root, ...times }))),
      ),
    );
    return Object.fromEntries(watcherNames.map((name, i) => [name, percents[i]]));
  });
}

function versionsTable(what, measured, decimals) {
  const names = Object.keys(versions);
  return {
    columns: [what, ...(names.length === 1 ? ['median (least to most)'] : names)],
    rows: Object.keys(measured.now).map((name) => [
      name,
      ...names.map((version) => cell(measured[version][name], decimals)),
    ]),
  };
}

function cell(numbers, decimals) {
  return numbers === undefined ? '' : spread(numbers, decimals);
}
