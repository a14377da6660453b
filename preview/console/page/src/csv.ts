// Comma-separated values as "sqlpreview query --csv" writes them: no value is taken
// for a formula in a spreadsheet, NULL is an empty field without quotes, an empty
// text one in quotes, and lines end with CR LF (RFC 4180).

import type { Cell, Column, PreviewQueryResponse } from "./types";

// The types whose values nobody can word, by OID in pg_type, as in the package
// sanitize (ClassOf): numbers, and such as dates, booleans and UUIDs.
const neverFormula = new Set([
  20, 21, 23, 26, 28, 29, 700, 701, 790, 1700, 5069,
  16, 829, 774, 869, 650, 1082, 1083, 1114, 1184, 1186, 1266, 1560, 1562, 2950, 3220, 27,
  600, 601, 602, 603, 604, 628, 718,
]);

// What OWASP lists for CSV injection, full-width forms and line ends included, after
// white space and characters that show nothing.
const formula = /^[\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\u2212\t\n\r]/u;

function field(text: string, guarded: boolean): string {
  const apostrophe = guarded && formula.test(text) ? "'" : "";
  return `"${apostrophe}${text.replaceAll('"', '""')}"`;
}

function line(cells: readonly Cell[], columns: readonly Column[]): string {
  const fields = cells.map((cell, j) => (cell.text === undefined ? "" : field(cell.text, !neverFormula.has(columns[j]?.typeOid ?? 0))));
  return fields.join(",") + "\r\n";
}

/** One row. */
export function rowAsCSV(answer: PreviewQueryResponse, row: number): string {
  return line(answer.rows?.[row]?.cells ?? [], answer.columns ?? []);
}

/** The names of the columns, and all rows. */
export function asCSV(answer: PreviewQueryResponse): string {
  const columns = answer.columns ?? [];
  const head = columns.map((c) => field(c.name ?? "", true)).join(",") + "\r\n";
  return head + (answer.rows ?? []).map((row) => line(row.cells ?? [], columns)).join("");
}
