// Counts the public methods of the classes in a C++ header. It is not a compiler: it knows comments, strings,
// braces and access specifiers, which is enough for headers that clang-format has laid out.

/**
 * Returns the number of public methods of each class and struct, by its name; overloads of one name count
 * once.
 */
export function methodsOfCpp(text) {
  const code = withoutComments(text);
  const heads =
    /\b(class|struct)\s+(?:alignas\([^)]*\)\s*)?(?:\[\[[^\]]*\]\]\s*)?(\w+)[^;{}()]*\{/g;
  return [...code.matchAll(heads)]
    .filter(({ index }) => !/\benum\s*$/.test(code.slice(0, index)))
    .map((head) => [head[2], publicMethods(code, head.index + head[0].length, head[1], head[2])]);
}

function publicMethods(code, start, keyword, name) {
  const names = new Set();
  let isPublic = keyword === 'struct';
  for (const statement of statementsAt(code, start)) {
    const access = /^(public|protected|private):\s*/.exec(statement);
    if (access !== null) isPublic = access[1] === 'public';
    const text = statement.slice(access?.[0].length ?? 0);
    const method = methodName(text);
    if (isPublic && method !== undefined && method !== name && method !== `~${name}`) {
      names.add(method);
    }
  }
  return names.size;
}

/** Returns the statements and bodies of a class at its own depth, without the contents of their braces. */
function statementsAt(code, start) {
  const statements = [];
  let depth = 1;
  let current = '';
  let isMember = false;
  for (let at = start; at < code.length && depth > 0; at++) {
    const char = code[at];
    if (char === '{' && depth++ === 1) isMember = initialisesMember(current);
    else if (char === '}') depth--;
    else if (depth === 1) current += char;
    if (isMember && char === '}' && depth === 1) {
      // The initialiser is treated as if it were in parentheses.
      current += '()';
      isMember = false;
      continue;
    }
    const isAccess = depth === 1 && /^\s*(public|protected|private):$/.test(current);
    const isEnd = depth === 1 && (char === ';' || char === '}');
    // An access specifier stays with the statement after it.
    if (isEnd && !isAccess) {
      statements.push(current.trim());
      current = '';
    }
  }
  return statements.flatMap(separateAccess);
}

/** Whether a brace opens the initialiser of a member in a constructor's list, and not its body. */
function initialisesMember(current) {
  return /\)[^;:]*:(?!:)/.test(current) && /\w\s*$/.test(current);
}

/** Separates access specifiers that follow each other. */
function separateAccess(statement) {
  return statement.split(/(?=\b(?:public|protected|private):)/).map((each) => each.trim());
}

function methodName(statement) {
  const text = statement.replace(/\s+/g, ' ').replace(/^template <[^(]*> /, '');
  if (/^(friend|using|typedef|static_assert|enum|class|struct)\b/.test(text)) return undefined;
  if (/= delete;?$/.test(text)) return undefined;
  const head = text.split('(')[0];
  // A member with an initialiser is not a method.
  if (head === text || /[=]/.test(head.replace(/operator\S*$/, ''))) return undefined;
  return /(operator\S*|~?\w+) ?$/.exec(head)?.[1];
}

function withoutComments(text) {
  return text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"/g, (part) =>
    part.startsWith('"') ? '""' : ' ',
  );
}
