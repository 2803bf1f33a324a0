// SPDX-License-Identifier: Apache-2.0
// JSON as the runtime specification wants it: no integer loses digits (RLIM_INFINITY is 2^64-1 and appears in real documents),
// and no object has a name twice, because of two readers each may take another one of them.

const INTEGER = /^-?\d+$/;
/** Only a text with this in it can hold an integer beyond 2^53. */
const MANY_DIGITS = /\d{16}/;
/** More digits than any 64-bit number has: such a one stays a double, which no field takes. BigInt() of a million is slow. */
const MAX_DIGITS = 24;
/** Where every name ends. Inside of strings there may be more of these, so it tells only that nothing can be there twice. */
const NAME_END = /"[ \t\r\n]*:/g;
/** Far more than any document has; whoever reads one may recurse. */
const MAX_DEPTH = 1000;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * JSON.parse, but integers that a double cannot hold become bigint.
 * @throws SyntaxError as JSON.parse, and for a name that is twice in an object, and for more than 1000 levels
 */
export function parseExactJson(text: string): unknown {
  if (text.startsWith(BYTE_ORDER_MARK)) throw new SyntaxError("it begins with a byte order mark");
  const value = parse(text);
  const names = countNames(value);
  // A name that is there twice is only once in what JSON.parse returns.
  if ((text.match(NAME_END)?.length ?? 0) !== names) refuseDuplicates(text);
  return value;
}

function parse(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text) as unknown;
  try {
    return JSON.parse(text, exactInteger) as unknown;
  } catch (error) {
    // A reviver is called recursively.
    throw error instanceof RangeError ? tooDeep() : error;
  }
}

function exactInteger(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const source = context?.source;
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined)
    return value;
  return source.length <= MAX_DIGITS && INTEGER.test(source) ? BigInt(source) : value;
}

/** How many members all objects have together. @throws SyntaxError for what is too deep */
function countNames(document: unknown): number {
  let count = 0;
  let level = [document].filter(isContainer);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw tooDeep();
    const next: object[] = [];
    for (const value of level) {
      const members: readonly unknown[] = Object.values(value);
      if (!Array.isArray(value)) count += members.length;
      for (const member of members) if (isContainer(member)) next.push(member);
    }
    level = next;
  }
  return count;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function tooDeep(): SyntaxError {
  return new SyntaxError(`it is nested more than ${MAX_DEPTH} levels deep`);
}

/** An object or a list that has begun. */
interface Open {
  readonly path: string;
  /** Of an object: its names so far; undefined: a list. */
  readonly names: Set<string> | undefined;
  /** Of an object: the last of them. */
  name: string;
  /** Of a list: elements that are complete. */
  index: number;
}

/** The text is known to be JSON: strings, and what opens, closes and separates, are all there is to look at. */
function refuseDuplicates(text: string): void {
  const tokens = /["{}[\],]/g;
  const colon = /[ \t\r\n]*:/y;
  const stack: Open[] = [];
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token] = found;
    if (token !== '"') {
      step(stack, token);
      continue;
    }
    const end = endOfString(text, found.index);
    tokens.lastIndex = end;
    colon.lastIndex = end;
    if (colon.test(text)) addName(stack.at(-1), text.slice(found.index, end));
  }
}

function step(stack: Open[], token: string): void {
  const top = stack.at(-1);
  if (token === "{") stack.push({ path: placeIn(top), names: new Set(), name: "", index: 0 });
  else if (token === "[") stack.push({ path: placeIn(top), names: undefined, name: "", index: 0 });
  else if (token !== ",") stack.pop();
  else if (top !== undefined) top.index += 1;
}

/** The place behind the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === "\\") slashes += 1;
  return slashes % 2 === 1;
}

function addName(object: Open | undefined, quoted: string): void {
  if (object?.names === undefined) return;
  const name = String(JSON.parse(quoted));
  if (object.names.has(name)) {
    const place = object.path === "" ? "the document" : object.path;
    throw new SyntaxError(`${place} has the name ${JSON.stringify(name)} twice`);
  }
  object.names.add(name);
  object.name = name;
}

/** The path of the value that comes next in `parent`, as in "mounts[3].options". */
function placeIn(parent: Open | undefined): string {
  if (parent === undefined) return "";
  if (parent.names === undefined) return `${parent.path}[${parent.index}]`;
  return parent.path === "" ? parent.name : `${parent.path}.${parent.name}`;
}
