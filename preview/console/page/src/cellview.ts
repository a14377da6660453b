// One cell in full, for the panel: wrapped, with what was done to it in words, and
// laid out when it is JSON.

import { describeChanges, describeColumn, isCut } from "./changes";
import { copyText } from "./clipboard";
import { element, foreign } from "./dom";
import { layOut } from "./json";
import type { Cell, Column } from "./types";

function facts(pairs: [string, Node | string][]): HTMLElement {
  const list = element("dl", { class: "facts" });
  for (const [term, value] of pairs) list.append(element("dt", {}, term), element("dd", {}, value));
  return list;
}

function said(sentences: string[]): Node[] {
  if (sentences.length === 0) return [];
  return [element("ul", { class: "said" }, ...sentences.map((s) => element("li", { dir: "auto" }, s)))];
}

function jsonNode(text: string, cut: boolean): HTMLElement | undefined {
  // A bare number or word is JSON too, but has no layout.
  if (!/^\s*[[{]/.test(text)) return undefined;
  const tokens = layOut(text, cut);
  if (!tokens) return undefined;
  const pre = element("pre", { class: "value json" });
  for (const t of tokens) {
    if (t.kind === "space" || t.kind === "punctuation") pre.append(t.text);
    else pre.append(foreign(t.text, "json-" + t.kind));
  }
  return pre;
}

function textNode(text: string): HTMLElement {
  return element("pre", { class: "value text", dir: "auto" }, text);
}

/** The switch between the text as it came and its layout as JSON. */
function views(text: string, json: HTMLElement): Node[] {
  const plain = textNode(text);
  plain.hidden = true;
  const choices = (["JSON", "Text"] as const).map((label) => {
    const button = element("button", { type: "button", class: "choice", "aria-pressed": String(label === "JSON") }, label);
    return { label, button };
  });
  for (const { label, button } of choices) {
    button.addEventListener("click", () => {
      json.hidden = label !== "JSON";
      plain.hidden = label === "JSON";
      for (const c of choices) c.button.setAttribute("aria-pressed", String(c.label === label));
    });
  }
  return [element("div", { class: "choices", role: "group", "aria-label": "View" }, ...choices.map((c) => c.button)), json, plain];
}

/** The panel's content for one cell. */
export function cellView(cell: Cell, column: Column, announce: (text: string) => void): Node[] {
  const content: Node[] = said([...describeChanges(cell.changes), ...describeColumn(column)]);
  if (cell.text === undefined) {
    content.push(element("p", { class: "value-note" }, element("span", { class: "null" }, "NULL"), " There is no value."));
  } else if (cell.text === "") {
    content.push(element("p", { class: "value-note" }, "The text is empty. It is not NULL."));
  } else {
    const json = jsonNode(cell.text, isCut(cell.changes));
    content.push(...(json ? views(cell.text, json) : [textNode(cell.text)]));
    const copy = element("button", { type: "button" }, "Copy value");
    const text = cell.text;
    copy.addEventListener("click", async () => announce((await copyText(text)) ? "Copied the value." : "The browser did not allow copying."));
    content.push(copy);
  }
  const about: [string, Node | string][] = [["Type", foreign(column.type ?? "")]];
  if (column.originTable) about.push(["Column", foreign([column.originTable, column.originColumn].filter(Boolean).join("."))]);
  content.push(facts(about));
  return content;
}

/** The panel's content for a column. */
export function columnView(column: Column): Node[] {
  const about: [string, Node | string][] = [
    ["Type", foreign(column.type ?? "")],
    ["Column", column.originTable ? foreign([column.originTable, column.originColumn].filter(Boolean).join(".")) : "computed by the query"],
  ];
  return [...said(describeColumn(column)), facts(about)];
}

export { facts };
