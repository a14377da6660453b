// The details of a run, on demand: its receipt, its times and its counts.

import { facts } from "./cellview";
import { formatNumber, kindWord, plural } from "./changes";
import { element, foreign } from "./dom";
import { formatTime, milliseconds, stepsOf } from "./timing";
import type { PreviewQueryResponse } from "./types";

function hash(text: string | undefined): Node {
  return element("code", { class: "hash" }, text || "none");
}

function times(answer: PreviewQueryResponse): HTMLElement {
  const stats = answer.stats ?? {};
  const body = element("tbody");
  for (const step of stepsOf(stats)) {
    body.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, element("span", { class: "step key " + step.key, "aria-hidden": "true" }), step.label),
        element("td", {}, formatTime(step.ms)),
      ),
    );
  }
  body.append(element("tr", { class: "total" }, element("th", { scope: "row" }, "Total"), element("td", {}, formatTime(milliseconds(stats.total)))));
  return element("table", { class: "times", "aria-label": "Times" }, body);
}

/** The panel's content for a run. */
export function receiptView(answer: PreviewQueryResponse): Node[] {
  const { receipt = {}, sanitization = {}, stats = {} } = answer;
  const changed = (sanitization.counts ?? []).map((c) => `${kindWord(c.kind)} ${formatNumber(c.cells ?? 0)}`).join(", ");
  return [
    element("h3", {}, "Time"),
    times(answer),
    element("h3", {}, "What ran and what came"),
    facts([
      ["Statement", hash(receipt.sqlFingerprint)],
      ["Columns, SHA-256", hash(receipt.schemaFingerprint)],
      ["Rows, SHA-256", hash(receipt.payloadSha256)],
      ["Tables", foreign(receipt.tables?.join(", ") || "none")],
      ["Request", hash(answer.requestId)],
      ["Rules for values", hash(sanitization.policyVersion)],
      ["Values changed", `${plural(sanitization.cellsChanged ?? 0, "value")}${changed ? ` (${changed})` : ""}`],
      ["Returned", `${plural(stats.rows ?? 0, "row")}, ${plural(Number(stats.bytes ?? 0), "byte")}`],
      ["Sent by the database", plural(Number(stats.bytesReceived ?? 0), "byte")],
    ]),
    element("p", { class: "value-note" }, "The hashes identify what ran and what was returned, and hold neither."),
  ];
}
