// How wide the columns are. The rows have one height and the columns' widths are
// known beforehand, so the browser lays out only the rows that are in view: a table
// whose widths follow its content is laid out whole, ten times and more as slowly.

import { badgeWords, headChanges } from "./changes";
import type { PreviewQueryResponse } from "./types";

/** In characters of the table's font, without the padding. */
const narrowest = 5;
const widest = 44;

/** About how many characters wide a text's first widest of them are. */
function width(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length && sum < widest; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0x200d) i += 2; // what is joined to an emoji takes no place of its own
    // Wide letters and emoji take two places; letters of other fonts a bit more than one.
    sum += unit < 0x80 ? 1 : unit < 0x1100 ? 1.25 : unit >= 0xd800 && unit < 0xe000 ? 1.1 : 2.1;
  }
  return sum;
}

function badgesWidth(words: string[]): number {
  return words.reduce((sum, word) => sum + word.length * 0.9 + 3, 0);
}

/** The tracks of a row of the answer, for grid-template-columns. */
export function columnTracks(answer: PreviewQueryResponse): string {
  const tracks = (answer.columns ?? []).map((column, j) => {
    // The header's font is another: bold for the name, small for the type.
    let ch = Math.max(narrowest, width(column.name ?? "no name") * 1.1 + badgesWidth(badgeWords(headChanges(column))), width(column.type ?? "") * 0.85);
    for (const row of answer.rows ?? []) {
      const cell = row.cells?.[j];
      if (!cell) continue;
      const text = cell.text === undefined ? 4 : cell.text === "" ? 9 : width(cell.text);
      ch = Math.max(ch, cell.changes ? text + badgesWidth(badgeWords(cell.changes)) : text);
    }
    return `calc(${Math.ceil(Math.min(ch, widest))}ch + 1.625rem)`;
  });
  return ["3.25rem", ...tracks].join(" ");
}
