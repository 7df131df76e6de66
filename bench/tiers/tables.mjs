// The tables of the benchmark of the tiers: a row for each load and cache.

import { spread } from '../statistics.mjs';

const ms = (us) => us / 1000;

export function resultTables(measured, { entries, gets, puts }) {
  const table = (columns) => ({
    columns: ['records', 'cache', ...columns.map(([title]) => title)],
    rows: Object.entries(measured).flatMap(([load, results]) =>
      Object.entries(results).map(([name, result]) => [
        load,
        name,
        ...columns.map(([, cell]) => cell(result)),
      ]),
    ),
  });
  const over = (rounds, value, decimals) => spread(rounds.map(value), decimals);
  const read = (value, decimals = 1) => [({ reads }) => over(reads, value, decimals)];
  const write = (value, decimals = 0) => [({ writes }) => over(writes, value, decimals)];
  return [
    table([
      ['memory, µs', ...read(({ memory }) => memory.p50)],
      ['p99', ...read(({ memory }) => memory.p99)],
      [`disk, first ${gets}, µs`, ...read(({ disk }) => disk.p50)],
      ['p99', ...read(({ disk }) => disk.p99, 0)],
      ['to memory', ...read(({ disk, memory }) => disk.p50 / memory.p50)],
    ]),
    table([
      ['disk, later, µs', ...read(({ laterDisk }) => laterDisk.p50)],
      ['p99', ...read(({ laterDisk }) => laterDisk.p99, 0)],
      ['miss, µs', ...read(({ miss }) => miss.p50)],
      ['p99', ...read(({ miss }) => miss.p99, 0)],
    ]),
    table([
      ['put: until it returns, µs', ...write(({ caller }) => caller.p50, 1)],
      ['p99', ...write(({ caller }) => caller.p99)],
      ["the thread's time, µs", ...write(({ threadUs }) => threadUs)],
      [`${puts} until durable, ms`, ...write(({ allMs }) => allMs)],
      ['one until durable, ms', ...write(({ durable }) => ms(durable.p50), 2)],
      ['p99', ...write(({ durable }) => ms(durable.p99), 2)],
    ]),
    table([
      ['JSON, bytes', ({ textBytes }) => textBytes.toFixed(0)],
      ['on disk', ({ diskBytes }) => diskBytes.toFixed(0)],
      ['in memory: resident', ({ residentBytes }) => residentBytes.toFixed(0)],
      ['of that, heap', ({ heapBytes }) => heapBytes.toFixed(0)],
      [`open ${entries} entries, ms`, ...read(({ openMs }) => openMs)],
      ['after a kill', ({ openAfterKillMs }) => spread(openAfterKillMs, 1)],
    ]),
  ];
}
