// Which bounds cut the answer, in words.

import { formatNumber, plural } from "./changes";
import { element } from "./dom";
import type { Truncation } from "./types";

function sentence(t: Truncation): string {
  const limit = formatNumber(t.limit ?? 0);
  switch (t.reason) {
    case "TRUNCATION_REASON_ROW_LIMIT":
      return `These are the first ${plural(t.rows ?? 0, "row")}; there may be more.`;
    case "TRUNCATION_REASON_BYTE_LIMIT":
      return `Cut after ${plural(t.rows ?? 0, "row")}: the next one would have passed ${limit} bytes.`;
    case "TRUNCATION_REASON_COLUMN_LIMIT":
      return `Columns past the first ${limit} were left out.`;
    case "TRUNCATION_REASON_CELL_LIMIT":
      return `Values longer than ${limit} characters were cut.`;
    default:
      return "A bound that this page has no words for cut the answer.";
  }
}

/** The line above the table; without sentences when the answer is whole. */
export function boundsView(truncations: readonly Truncation[] | undefined): HTMLElement {
  const list = element("ul", { class: "bounds", "aria-label": "Bounds that cut the answer" });
  for (const t of truncations ?? []) list.append(element("li", {}, sentence(t)));
  return list;
}
