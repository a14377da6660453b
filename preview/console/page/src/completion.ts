// Completion: the keywords of PostgreSQL, the tables that the role may read, and
// the columns of those that the statement names.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { keywordCompletionSource, PostgreSQL } from "@codemirror/lang-sql";
import type { Schema } from "./schema";
import { identifier, tablesIn, tokenAt, type TableRef } from "./statement";
import type { Table, TableColumn } from "./types";

const keywords = keywordCompletionSource(PostgreSQL);
const plainWord = /^[\p{L}\p{N}_$]*$/u;

function columnOption(column: TableColumn, place: number): Completion {
  const name = column.name ?? "";
  return {
    label: name,
    apply: column.sqlName || name,
    type: "property",
    detail: column.masked ? `${column.type ?? ""}, masked` : (column.type ?? ""),
    boost: 3,
    // In the table's own order.
    sortText: String(place).padStart(4, "0"),
    ...(column.comment ? { info: column.comment } : {}),
  };
}

function tableOption(table: Table, qualified: boolean): Completion {
  const name = table.name ?? "";
  const sqlName = table.sqlName ?? "";
  // Behind "schema." only the name's own part is written.
  const own = /^[a-z_][a-z0-9_$]*$/.test(name) && sqlName.endsWith("." + name) ? name : `"${name.replaceAll('"', '""')}"`;
  return { label: name, apply: qualified ? own : sqlName, type: "class", detail: table.schema ?? "", boost: 1 };
}

function tableOf(schema: Schema, path: string[]): Table | undefined {
  const name = path.at(-1);
  const inSchema = path.at(-2);
  const matches = schema.listing.tables.filter((t) => t.name === name && (inSchema === undefined || t.schema === inSchema));
  return matches.length === 1 ? matches[0] : matches.find((t) => t.schema === "public");
}

async function columnsOf(schema: Schema, table: Table | undefined): Promise<TableColumn[]> {
  if (!table) return [];
  try {
    return ((await schema.describe(table)).columns ?? []).filter((c) => c.sqlName);
  } catch {
    return []; // completion has nothing to say then; the run will tell
  }
}

/** What stands behind "a.b.": the columns of a table or an alias, or the tables of a schema. */
async function membersOf(schema: Schema, path: string[], refs: TableRef[]): Promise<Completion[]> {
  const aliased = path.length === 1 ? refs.find((r) => r.alias === path[0] || (r.alias === "" && r.path.at(-1) === path[0])) : undefined;
  const columns = await columnsOf(schema, tableOf(schema, aliased?.path ?? path));
  if (columns.length > 0 || path.length > 1) return columns.map(columnOption);
  return schema.listing.tables.filter((t) => t.schema === path[0] && t.sqlName).map((t) => tableOption(t, true));
}

/** The keywords that begin with what is typed; not the one that stands there already. */
export async function keywordCompletion(context: CompletionContext): Promise<CompletionResult | null> {
  const all = await keywords(context);
  if (!all) return null;
  const typed = context.state.sliceDoc(all.from, context.pos).toLowerCase();
  const options = all.options.filter((o) => o.label !== typed && o.label.startsWith(typed));
  // Asked again with each letter, so that a finished word offers nothing.
  return options.length > 0 ? { from: all.from, options } : null;
}

/** Returns a completion source that asks the schema of the moment. */
export function schemaCompletion(current: () => Schema | undefined) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const schema = current();
    if (!schema || /^(String|LineComment|BlockComment)$/.test(tokenAt(context.state, context.pos))) return null;
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const path = /((?:[\p{L}_][\p{L}\p{N}_$]*|"[^"]*")\s*\.\s*)*("[^"]*|[\p{L}\p{N}_$]*)$/u.exec(before);
    const word = path?.[2] ?? "";
    const owner = path?.[0].slice(0, path[0].length - word.length) ?? "";
    if (!word && !owner && !context.explicit) return null;
    if (/^\p{N}/u.test(word)) return null;

    const refs = tablesIn(context.state, context.pos);
    const from = context.pos - word.length;
    // What is inside quotes is filtered by the text behind the quote.
    const quoted = word.startsWith('"');
    let options: Completion[];
    if (owner) {
      const parts = [...owner.matchAll(/"([^"]*)"|[^\s."]+/g)].map((m) => identifier(m[0]));
      options = await membersOf(schema, parts, refs);
    } else {
      options = schema.listing.tables.filter((t) => t.sqlName).map((t) => tableOption(t, false));
      for (const ref of refs) {
        const columns = await columnsOf(schema, tableOf(schema, ref.path));
        options.push(...columns.map(columnOption));
        if (ref.alias) options.push({ label: ref.alias, type: "variable", detail: ref.path.join("."), boost: 2 });
      }
      const schemas = new Set(schema.listing.tables.map((t) => t.schema ?? ""));
      for (const name of schemas) if (/^[a-z_][a-z0-9_$]*$/.test(name)) options.push({ label: name, type: "namespace", detail: "schema" });
    }
    if (context.aborted || options.length === 0) return null;
    if (quoted) return { from: from + 1, options: options.map((o) => ({ ...o, apply: applyQuoted(o, from) })), validFor: /^[^"]*$/ };
    return { from, options, validFor: plainWord };
  };
}

/** Writes a name over the quote that was typed before it, and the one that the editor closed. */
function applyQuoted(option: Completion, from: number): NonNullable<Completion["apply"]> {
  const text = typeof option.apply === "string" ? option.apply : option.label;
  return (view, _completion, _from, to) => {
    const end = view.state.sliceDoc(to, to + 1) === '"' ? to + 1 : to;
    view.dispatch({ changes: { from, to: end, insert: text }, selection: { anchor: from + text.length } });
  };
}
