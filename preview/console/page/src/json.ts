// Lays out JSON without reading it into numbers or objects: every digit, every
// escape and every repeated key stays as it was written.

export interface JSONToken {
  kind: "key" | "string" | "number" | "word" | "punctuation" | "space";
  text: string;
}

// One token of RFC 8259 at a time; a string may hold raw line ends only when it is
// not JSON.
const token = /[ \t\r\n]+|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;

/** The deepest nesting that is laid out; deeper text is shown as it is. */
const maxDepth = 200;

/**
 * Returns the tokens of text with line breaks and indentation between them, or
 * undefined when it is not JSON. With cut, text may end too early, as a value does
 * that was cut: its last, broken token is kept as it is.
 */
export function layOut(text: string, cut = false): JSONToken[] | undefined {
  const out: JSONToken[] = [];
  const open: string[] = [];
  // What may come next: a value, a key (or an end), a colon, or a comma (or an end).
  let want: "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "comma" = "value";
  const newline = () => out.push({ kind: "space", text: "\n" + "  ".repeat(open.length) });
  let at = 0;
  let done = false;
  while (at < text.length) {
    token.lastIndex = at;
    const t = token.exec(text)?.[0];
    if (t === undefined) return cut && !done && brokenEnd(text.slice(at)) ? [...out, { kind: "word", text: text.slice(at) }] : undefined;
    at += t.length;
    const first = t[0] as string;
    if (" \t\r\n".includes(first)) continue;
    if (done) return undefined;
    if (first === "{" || first === "[") {
      if (!want.startsWith("value") || open.length >= maxDepth) return undefined;
      if (want === "valueOrEnd") newline();
      open.push(first === "{" ? "}" : "]");
      out.push({ kind: "punctuation", text: t });
      want = first === "{" ? "keyOrEnd" : "valueOrEnd";
    } else if (first === "}" || first === "]") {
      if (open.at(-1) !== first || (want !== "comma" && !want.endsWith("OrEnd"))) return undefined;
      open.pop();
      if (want === "comma") newline();
      out.push({ kind: "punctuation", text: t });
      want = "comma";
    } else if (first === ",") {
      if (want !== "comma" || open.length === 0) return undefined;
      out.push({ kind: "punctuation", text: t });
      newline();
      want = open.at(-1) === "}" ? "key" : "value";
    } else if (first === ":") {
      if (want !== "colon") return undefined;
      out.push({ kind: "punctuation", text: ": " });
      want = "value";
    } else if (want.startsWith("key")) {
      if (first !== '"') return undefined;
      if (want === "keyOrEnd") newline();
      out.push({ kind: "key", text: t });
      want = "colon";
      continue;
    } else {
      if (!want.startsWith("value")) return undefined;
      if (want === "valueOrEnd") newline();
      out.push({ kind: first === '"' ? "string" : first === "-" || (first >= "0" && first <= "9") ? "number" : "word", text: t });
      want = "comma";
    }
    if (open.length === 0 && want === "comma") done = true;
  }
  return done || (cut && out.length > 0) ? out : undefined;
}

/** Whether text could be the beginning of a token. */
function brokenEnd(text: string): boolean {
  return /^(?:"(?:[^"\\\u0000-\u001f]|\\.)*\\?|-|t|tr|tru|f|fa|fal|fals|n|nu|nul|\.|[eE][+-]?)$/.test(text);
}
