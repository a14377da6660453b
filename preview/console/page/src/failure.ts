// What went wrong, with the caret where the server or the guard put it.

import { plural } from "./changes";
import { element } from "./dom";
import { byteOffsets } from "./offsets";
import { Failure } from "./rpc";
import type { Position, Violation } from "./types";

/** The most UTF-16 units of a line that an excerpt shows on each side of the place. */
const around = 60;
/** The most UTF-16 units of the place itself that it shows. */
const longest = 400;

/** An index that splits no surrogate pair. */
function whole(text: string, index: number): number {
  return /[\uDC00-\uDFFF]/.test(text[index] ?? "") && /[\uD800-\uDBFF]/.test(text[index - 1] ?? "") ? index - 1 : index;
}

/** The line of the text with the place underlined. */
function excerpt(sql: string, p: Position): HTMLElement {
  const at = byteOffsets(sql);
  const from = Math.min(at(p.offset ?? 0), sql.length);
  const start = sql.lastIndexOf("\n", from - 1) + 1;
  const lineEnd = sql.indexOf("\n", from) < 0 ? sql.length : sql.indexOf("\n", from);
  const to = whole(sql, Math.max(from, Math.min(at(p.end ?? 0), lineEnd, from + longest)));
  const left = whole(sql, Math.max(start, from - around));
  const right = whole(sql, Math.min(lineEnd, to + around));
  // A text that turns its direction would move the underline away from its place,
  // so what stands before, in and behind it is set apart.
  const code = element("code", { dir: "ltr" });
  code.append(left > start ? "…" : "", element("bdi", {}, sql.slice(left, from)));
  code.append(to > from ? element("mark", {}, element("bdi", {}, sql.slice(from, to))) : element("mark", { class: "caret" }, "\u200b"));
  code.append(element("bdi", {}, sql.slice(to, right)), right < lineEnd ? "…" : "");
  return element("pre", { class: "excerpt" }, code);
}

function place(p: Position): string {
  return `line ${p.line ?? 1}, column ${p.column ?? 1}`;
}

function oneViolation(sql: string, v: Violation, go: (p: Position) => void): HTMLElement {
  const item = element("li", { class: "fault" }, element("p", { class: "fault-message", dir: "auto" }, v.message ?? ""));
  if (sql.trim()) item.append(excerpt(sql, v));
  if (v.hint) item.append(element("p", { class: "fault-hint", dir: "auto" }, v.hint));
  const button = element("button", { type: "button", class: "link" }, "Go to " + place(v));
  button.addEventListener("click", () => go(v));
  item.append(element("p", { class: "fault-foot" }, button, element("span", {}, [v.reason, v.rule].filter(Boolean).join(" · "))));
  return item;
}

/** Shows a failure of a run of sql. go moves the cursor to a place in it. */
export function failureView(failure: Failure, sql: string, go: (p: Position) => void): HTMLElement {
  const { detail } = failure;
  const list = element("ul", { class: "faults" });
  for (const v of detail.violations ?? []) list.append(oneViolation(sql, v, go));
  if (list.childElementCount === 0) {
    list.append(
      detail.position
        ? oneViolation(sql, { ...detail.position, message: failure.message, ...(detail.hint ? { hint: detail.hint } : {}), ...(detail.reason ? { reason: detail.reason } : {}) }, go)
        : element(
            "li",
            { class: "fault" },
            element("p", { class: "fault-message", dir: "auto" }, failure.message),
            ...(detail.hint ? [element("p", { class: "fault-hint", dir: "auto" }, detail.hint)] : []),
            ...(detail.reason ? [element("p", { class: "fault-foot" }, detail.reason)] : []),
          ),
    );
  }
  const more: string[] = [];
  if (detail.violationsOmitted) more.push(`${plural(detail.violationsOmitted, "more fault")} did not fit into the answer.`);
  if (failure.retryAfter) more.push("The same query may succeed later.");
  const ids = [detail.sqlstate ? "SQLSTATE " + detail.sqlstate : "", detail.requestId ? "Request " + detail.requestId : ""].filter(Boolean);
  return element(
    "div",
    { class: "failure" },
    element("h2", {}, (detail.violations?.length ?? 0) > 0 ? "The query was refused" : "The query failed"),
    list,
    ...more.map((text) => element("p", {}, text)),
    element("p", { class: "failure-ids" }, ids.join(" · ")),
  );
}
