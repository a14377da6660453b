// The result as a table. All of it is in the document, at most 100 rows, so the
// browser's own search and a screen reader find everything.

import { badges, headChanges } from "./changes";
import { element, foreign } from "./dom";
import type { Cell, Column, PreviewQueryResponse } from "./types";
import { columnTracks } from "./widths";

/** The most UTF-16 units of a cell that the table shows; the panel shows all of them. */
const shown = 200;

export function isNumber(column: Column | undefined): boolean {
  return column?.category === "N";
}

/** Fills an element with the beginning of a text, its line ends made visible. */
function fill(place: HTMLElement, text: string): void {
  let start = text;
  if (text.length > shown) {
    start = text.slice(0, shown).replace(/[\uD800-\uDBFF]$/, ""); // no half of a surrogate pair
    place.classList.add("more");
  }
  if (!/[\n\r]/.test(start)) {
    place.append(start);
    return;
  }
  for (const part of start.split(/(\r\n|\n|\r)/)) {
    if (part === "\n" || part === "\r" || part === "\r\n") place.append(element("span", { class: "line-end" }, part));
    else if (part) place.append(part);
  }
}

function fillValue(place: HTMLElement, cell: Cell): void {
  if (cell.text === undefined) place.append(element("span", { class: "null" }, "NULL"));
  else if (cell.text === "") place.classList.add("empty");
  else fill(place, cell.text);
}

/** Makes a cell; model has its role, its class and dir=auto, which sets its text apart as bdi does. */
function cellNode(model: HTMLTableCellElement, cell: Cell): HTMLTableCellElement {
  const td = model.cloneNode() as HTMLTableCellElement;
  const marks = cell.changes ? badges(cell.changes) : [];
  if (marks.length === 0) {
    fillValue(td, cell);
    return td;
  }
  const value = element("bdi", { dir: "auto" });
  fillValue(value, cell);
  td.dir = "ltr"; // the badge stands on the same side in every row
  td.append(element("div", { class: "marked" }, value, ...marks));
  return td;
}

function headNode(column: Column): HTMLTableCellElement {
  const name = column.name ? foreign(column.name, "name") : element("span", { class: "null" }, "no name");
  return element(
    "th",
    { role: "columnheader", scope: "col", class: isNumber(column) ? "number" : undefined },
    element("div", { class: "head" }, name, ...badges(headChanges(column))),
    foreign(column.type ?? "", "type"),
  );
}

/** How many rows are made before the browser paints: more than most windows show. */
const atOnce = 24;

export interface ResultTable {
  table: HTMLTableElement;
  /** Adds further rows; returns whether there are still more. */
  addRows(): boolean;
}

/** Makes the table of an answer, with its first rows. */
export function makeTable(answer: PreviewQueryResponse): ResultTable {
  const columns = answer.columns ?? [];
  const rows = answer.rows ?? [];
  // The style sheet makes boxes of its own of the rows and cells, so their roles are
  // written out.
  const head = element("tr", { role: "row" }, element("th", { role: "columnheader", scope: "col", class: "row-number" }, element("span", { class: "sr" }, "Row")));
  for (const column of columns) head.append(headNode(column));
  const models = columns.map((c) => element("td", { role: "gridcell", dir: "auto", class: isNumber(c) ? "number" : undefined }));
  const plain = element("td", { role: "gridcell", dir: "auto" });
  const body = element("tbody", { role: "rowgroup" });
  let made = 0;
  const addRow = (row: { cells?: Cell[] }) => {
    const i = made++;
    const tr = element("tr", { role: "row" }, element("th", { role: "rowheader", scope: "row", class: "row-number" }, String(i + 1)));
    (row.cells ?? []).forEach((cell, j) => tr.append(cellNode(models[j] ?? plain, cell)));
    body.append(tr);
  };
  const addRows = () => {
    rows.slice(made, made + atOnce).forEach(addRow);
    return made < rows.length;
  };
  addRows();
  const table = element(
    "table",
    { role: "grid", "aria-label": "Rows", "aria-rowcount": String(rows.length + 1), "aria-colcount": String(columns.length + 1) },
    element("thead", { role: "rowgroup" }, head),
    body,
  );
  table.style.setProperty("--tracks", columnTracks(answer));
  return { table, addRows };
}
