// Reads the statement around the cursor, as far as completion needs: the names it
// is made of and the tables and aliases in it. It works on text that is not yet
// whole, so it reads tokens, not a grammar.

import { syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";

interface Token {
  kind: string;
  text: string;
  from: number;
  to: number;
}

/** A table of the statement: its name's parts, as the database would read them, and its alias. */
export interface TableRef {
  path: string[];
  alias: string;
}

/** How PostgreSQL reads an identifier: unquoted ones are folded to lower case. */
export function identifier(text: string): string {
  return text.startsWith('"') ? text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined).replaceAll('""', '"') : text.toLowerCase();
}

/** The kind of token at a position, for instance "String". */
export function tokenAt(state: EditorState, pos: number): string {
  return syntaxTree(state).resolveInner(pos, -1).name;
}

function tokensAround(state: EditorState, pos: number): Token[] {
  const tree = syntaxTree(state);
  let around = tree.topNode.childBefore(pos + 1);
  // Behind a statement's end, and before its semicolon, is still in it.
  if (!around || around.name !== "Statement") around = null;
  const tokens: Token[] = [];
  tree.iterate({
    from: around ? around.from : 0,
    to: around ? Math.max(around.to, pos) : state.doc.length,
    enter(node) {
      if (node.node.firstChild || node.name.endsWith("Comment")) return;
      tokens.push({ kind: node.name, text: state.sliceDoc(node.from, node.to), from: node.from, to: node.to });
    },
  });
  return tokens;
}

const isName = (t: Token | undefined) => t !== undefined && (t.kind === "Identifier" || t.kind === "QuotedIdentifier");
const isWord = (t: Token | undefined) => t !== undefined && /^[\p{L}_"]/u.test(t.text) && t.kind !== "String";

/** Finds the tables after FROM, JOIN and the commas between them. */
export function tablesIn(state: EditorState, pos: number): TableRef[] {
  const tokens = tokensAround(state, pos);
  const found: TableRef[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const before = tokens[i]?.text.toLowerCase();
    if (before !== "from" && before !== "join" && before !== ",") continue;
    let at = i + 1;
    if (!isName(tokens[at]) && !(isWord(tokens[at]) && tokens[at + 1]?.text === ".")) continue;
    const path = [identifier(tokens[at]?.text ?? "")];
    while (tokens[at + 1]?.text === "." && isWord(tokens[at + 2])) {
      path.push(identifier(tokens[at + 2]?.text ?? ""));
      at += 2;
    }
    let alias = "";
    if (tokens[at + 1]?.text.toLowerCase() === "as" && isWord(tokens[at + 2])) alias = identifier(tokens[at + 2]?.text ?? "");
    else if (isName(tokens[at + 1]) && (tokens[at + 1]?.to ?? 0) !== pos) alias = identifier(tokens[at + 1]?.text ?? "");
    found.push({ path, alias });
  }
  return found;
}
