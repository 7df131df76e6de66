// Docstrings as text for a page in Markdown.

const WIDTH = 115;

/** Returns the docstring in one line, for a table. */
export function lineOf(checker, symbol) {
  return markdownOf(symbol.getDocumentationComment(checker)).replace(/\s+/g, ' ').trim();
}

/** Returns the docstring with its paragraphs and lists, and the texts of its tags. */
export function docOf(checker, symbol) {
  const text = symbol.getDocumentationComment(checker);
  const tags = symbol.getJsDocTags(checker).map(tagText).filter(Boolean);
  return [...blocksOf(text).map(wrap), ...tags].join('\n\n');
}

/** Returns paragraphs, and items of lists, each in one line; the items of a list follow each other. */
function blocksOf(text) {
  return markdownOf(text)
    .split(/\n\s*\n/)
    .map((block) =>
      block
        .replace(/\n(?=- )/g, '\0')
        .replace(/\s+/g, ' ')
        .trim()
        .replaceAll('\0', '\n'),
    )
    .filter(Boolean);
}

/** Escapes what Markdown would take for a tag, outside of code. */
function markdownOf(text) {
  return text.replace(/`[^`]*`|</g, (found) => (found === '<' ? '\\<' : found));
}

function wrap(block) {
  return block.split('\n').map(wrapLine).join('\n');
}

function wrapLine(line) {
  const indent = line.startsWith('- ') ? '  ' : '';
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length >= WIDTH) lines.push(indent + word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}

/** Examples are left out: the pages in docs/ have them, where they are run. */
function tagText({ name, text }) {
  const said = (typeof text === 'string' ? text : (text ?? []).map((each) => each.text).join(''))
    .replace(/\s+/g, ' ')
    .trim();
  if (name === 'throws') return wrapLine(`Throws: ${said}`);
  if (name === 'returns') return wrapLine(`Returns: ${said}`);
  if (name === 'param') return wrapLine(`- \`${said.replace(/^(\S+)\s*-?\s*/, '$1`: ')}`);
  return '';
}
