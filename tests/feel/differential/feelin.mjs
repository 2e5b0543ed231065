// Evaluates the JSON lines on standard input with the npm package named in FEELIN, found from the current folder; one JSON line each.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const feelin = await import(pathToFileURL(require.resolve(process.env.FEELIN || 'feelin')));

function end(value) {
  return typeof value === 'string' ? JSON.stringify(value) : String(plain(value));
}

function range(value) {
  const { start, end: last } = value;
  const [opening, closing] = [value['start included'] ? '[' : '(', value['end included'] ? ']' : ')'];
  if (start === null || start === undefined) return `(${closing === ']' ? '<=' : '<'} ${end(last)})`;
  if (last === null || last === undefined) return `(${opening === '[' ? '>=' : '>'} ${end(start)})`;
  return `${opening}${end(start)}..${end(last)}${closing}`;
}

function plain(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === 'function') return 'function';
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value;
  if ('start included' in value) return range(value);
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return String(value);
}

function answer({ kind, text, value, scope }) {
  try {
    const result = kind === 'unary'
      ? feelin.unaryTest(text, { ...scope, '?': value })
      : feelin.evaluate(text, scope);
    const bare = result && typeof result === 'object' && 'warnings' in result ? result.value : result;
    return { value: plain(bare) };
  } catch (error) {
    return { error: String(error.message || error).split('\n')[0] };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  // Written at once, so that an answer is not lost if the next question ends the process.
  writeSync(1, JSON.stringify(answer(JSON.parse(line))) + '\n');
}
