import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultsOf } from '../tools/arrows.mjs';
import { methodsOfCpp } from '../tools/cpp-methods.mjs';
import { makeTempFolder } from './helpers/temp-folder.js';

const root = join(import.meta.dirname, '..');

describe('the files of the project', () => {
  it('depend on one another in one direction, and are small', () => {
    expect(faultsOf(root)).toEqual([]);
  }, 60_000);
});

describe('the check of a source tree', () => {
  let tree: string;

  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  };

  beforeEach(() => {
    tree = makeTempFolder();
    cpSync(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'));
    write('lib/errors/errors.ts', 'export class Wrong extends Error {}\n');
    write(
      'lib/arena/arena.ts',
      "import { Wrong } from '../errors/errors.js';\nthrow new Wrong();\n",
    );
    write('native/store/store.h', '#pragma once\n#include "slab/slab.h"\n');
    write('native/slab/slab.h', '#pragma once\n#include <cstdint>\n');
    write('native/test/store_test.cc', '#include "store/store.h"\n#ifdef _WIN32\n#endif\n');
  });

  afterEach(() => rmSync(tree, { recursive: true, force: true }));

  it('finds no fault in a tree without one', () => {
    expect(faultsOf(tree)).toEqual([]);
  });

  it.each([
    ['an import', "import { arena } from '../arena/other.js';\narena();\n"],
    [
      'an import of a type',
      "import type { Arena } from '../arena/other.js';\nexport type A = Arena;\n",
    ],
    ['an export', "export { arena } from '../arena/other.js';\n"],
    ['a dynamic import', "export const load = () => import('../arena/other.js');\n"],
    ['a type that is imported in place', "export type A = import('../arena/other.js').Arena;\n"],
  ])('reports %s from a folder above', (_, text) => {
    write('lib/arena/other.ts', 'export type Arena = string;\nexport const arena = () => {};\n');
    write('lib/errors/upward.ts', text);
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(
        /^lib\/errors\/upward\.ts must not import lib\/arena\/other\.ts: arena is not/,
      ),
    ]);
  });

  it('reports a cycle of modules with its members', () => {
    write('lib/arena/a.ts', "import type { B } from './b.js';\nexport type A = B[];\n");
    write('lib/arena/b.ts', "export type { C as B } from './c.js';\n");
    write('lib/arena/c.ts', "import type { A } from './a.js';\nexport type C = A | undefined;\n");
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(
        /circle of files: lib\/arena\/a\.ts, lib\/arena\/b\.ts, lib\/arena\/c\.ts\./,
      ),
    ]);
  });

  it('reports an include from a folder above', () => {
    write('native/slab/upward.cc', '#include "slab/slab.h"\n#  include "store/store.h"\n');
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(
        /^native\/slab\/upward\.cc must not include native\/store\/store\.h: store is not/,
      ),
    ]);
  });

  it('reports a cycle of headers with its members', () => {
    write('native/slab/a.h', '#include "b.h"\n');
    write('native/slab/b.h', '#include "slab/a.h"\n');
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(/circle of files: native\/slab\/a\.h, native\/slab\/b\.h\./),
    ]);
  });

  it('reports a header of Node outside the addon', () => {
    write('native/addon/call.h', '#include <napi.h>\n');
    write('native/runtime/call.h', '#include <napi.h>\n');
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(/^native\/runtime\/call\.h must not include napi\.h/),
    ]);
  });

  it('reports a platform macro outside the folder of a platform', () => {
    write('native/files/win32/lock.cc', '#ifdef _WIN32\n#endif\n');
    write('native/files/lock.cc', '#if defined(_MSC_VER)\n#elif defined(__linux__)\n#endif\n');
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(
        /^native\/files\/lock\.cc asks for the platform \('#elif defined\(__linux__\)'\)/,
      ),
    ]);
  });

  it('reports a file in no folder of the layers', () => {
    write('lib/stray/stray.ts', 'export {};\n');
    write('native/stray/stray.h', '#pragma once\n');
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(/^lib\/stray\/stray\.ts is in no folder/),
      expect.stringMatching(/^native\/stray\/stray\.h is in no folder/),
    ]);
  });

  it('reports a file that is too long', () => {
    write('lib/arena/long.ts', '// A line.\n'.repeat(401));
    write('native/slab/long.h', '// A line.\n'.repeat(401));
    write('native/test/long_test.cc', '// A line.\n'.repeat(401));
    write('lib/arena/short.ts', '// A line.\n'.repeat(400));
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(/^lib\/arena\/long\.ts has 401 lines/),
      expect.stringMatching(/^native\/slab\/long\.h has 401 lines/),
    ]);
  });

  it('reports a class that is too large', () => {
    const methods = (count: number, text: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => text(i)).join('\n');
    const inTypeScript = (count: number) =>
      `export class Large {\n  #own() {}\n  private hidden() {}\n  get size() { return 0; }\n` +
      `${methods(count, (i) => `  m${i}() { this.#own(); this.hidden(); }`)}\n}\n`;
    const inCpp = (count: number) =>
      `class Large final : public Base {\n public:\n  Large();\n  ~Large();\n  Large(const Large&) = delete;\n` +
      `${methods(count, (i) => `  [[nodiscard]] int m${i}(int x = f(0)) const { return g(x); }`)}\n` +
      '  void m0();\n\n private:\n  void own();\n  int field_ = f(0);\n};\n';
    write('lib/arena/large.ts', inTypeScript(26));
    write('lib/arena/fits.ts', inTypeScript(25));
    write('native/slab/large.h', inCpp(26));
    write('native/slab/fits.h', inCpp(25));
    expect(faultsOf(tree)).toEqual([
      expect.stringMatching(/^Large in lib\/arena\/large\.ts has 26 public methods/),
      expect.stringMatching(/^Large in native\/slab\/large\.h has 26 public methods/),
    ]);
  });
});

describe('the counter of the methods of a C++ class', () => {
  it.each([
    ['struct S { int a = f(1); int b() { return 1; } };', 1],
    ['class C { void own(); public: void a(); protected: void b(); public: void c(); };', 2],
    ['class C { public: // void no();\n void a(); friend void f(); using T = int(); };', 1],
    ['class C { public: template <typename T> void a(T t); bool operator==(C c) const; };', 2],
    ['class C { public: explicit C(int a) : a_{a}, b_(2) {} int a() const { return a_; } };', 1],
  ])('counts those of %s', (text, count) => {
    expect(methodsOfCpp(text)[0]![1]).toBe(count);
  });
});
