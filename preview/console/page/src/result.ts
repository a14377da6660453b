// The lower half of the page: nothing yet, a running query, an answer or a failure.

import { boundsView } from "./bounds";
import { cellView, columnView } from "./cellview";
import { describeChanges, describeColumn, plural } from "./changes";
import { copyText } from "./clipboard";
import { asCSV, rowAsCSV } from "./csv";
import { byId, element, foreign, isMac } from "./dom";
import { failureView } from "./failure";
import { Grid } from "./grid";
import type { Panel } from "./panel";
import { receiptView } from "./receipt";
import type { Failure } from "./rpc";
import { makeTable } from "./table";
import { formatTime, milliseconds, timingBar } from "./timing";
import type { Position, PreviewQueryResponse } from "./types";

export class Result {
  private readonly section = byId("result");
  private grid: Grid | undefined;
  /** Says what was copied, on the line below the table. */
  private readonly done = element("span", { class: "cell-done" });

  constructor(
    private readonly panel: Panel,
    private readonly announce: (text: string) => void,
  ) {}

  /** What is shown before the first run. */
  showNothing(): void {
    this.panel.close();
    this.grid = undefined;
    this.section.replaceChildren(
      element(
        "div",
        { class: "nothing" },
        element("p", {}, element("kbd", {}, isMac ? "⌘" : "Ctrl"), " ", element("kbd", {}, "Enter"), " runs the query, or what is selected of it."),
        element("p", {}, "At most 100 rows come back. Nothing is written."),
      ),
    );
  }

  /** Marks what is shown as out of date. */
  setRunning(running: boolean): void {
    this.section.classList.toggle("stale", running);
    this.section.setAttribute("aria-busy", String(running));
  }

  showMessage(text: string): void {
    this.panel.close();
    this.grid = undefined;
    this.section.replaceChildren(element("div", { class: "nothing" }, element("p", {}, text)));
    this.announce(text);
  }

  showFailure(failure: Failure, sql: string, go: (p: Position) => void): void {
    this.panel.close();
    this.grid = undefined;
    this.section.replaceChildren(element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Failure" }, failureView(failure, sql, go)));
    this.announce("The query failed. " + failure.message);
  }

  showAnswer(answer: PreviewQueryResponse): void {
    this.panel.close();
    const { table, addRows } = makeTable(answer);
    const said = element("p", { class: "cell-said" }, this.done);
    this.done.textContent = "";
    this.grid = new Grid(table, {
      moved: (row, column) => this.moved(answer, said, row, column),
      opened: (row, column) => this.opened(answer, row, column),
      copied: (row, column) => void this.copyCell(answer, row, column),
    });
    const rows = answer.rows?.length ?? 0;
    const columns = answer.columns?.length ?? 0;
    const bounds = boundsView(answer.truncations);
    const scroller = element("div", { class: "scroller" }, table);
    if (columns === 0) scroller.append(element("p", { class: "value-note" }, "The query has no columns."));
    else if (rows === 0) scroller.append(element("p", { class: "value-note" }, "The query returned no rows."));
    this.section.replaceChildren(bounds, scroller, this.foot(answer, said));
    // The other rows come behind the first paint.
    const more = () => {
      if (!table.isConnected) return;
      if (addRows()) requestAnimationFrame(() => setTimeout(more));
      else this.section.setAttribute("aria-busy", "false");
    };
    this.section.setAttribute("aria-busy", "true");
    requestAnimationFrame(() => setTimeout(more));
    this.announce(
      `${plural(rows, "row")}, ${plural(columns, "column")}, in ${formatTime(milliseconds(answer.stats?.total))}. ${bounds.textContent ?? ""}`,
    );
  }

  private foot(answer: PreviewQueryResponse, said: HTMLElement): HTMLElement {
    const button = (label: string, act: () => void) => {
      const made = element("button", { type: "button", class: "quiet" }, label);
      made.addEventListener("click", act);
      return made;
    };
    const total = milliseconds(answer.stats?.total);
    const receipt = element(
      "button",
      { type: "button", class: "quiet summary", "aria-expanded": "false", "aria-controls": "panel" },
      `${plural(answer.rows?.length ?? 0, "row")} in ${formatTime(total)} `,
      timingBar(answer.stats ?? {}),
      " Receipt",
    );
    receipt.addEventListener("click", () => this.toggleReceipt(answer, receipt));
    const place = () => this.grid?.place ?? { row: -1, column: 0 };
    const buttons = (answer.rows?.length ?? 0) > 0 && (answer.columns?.length ?? 0) > 0
      ? [
          button("View cell", () => this.open(answer, place().row, place().column, true)),
          button("Copy cell", () => void this.copyCell(answer, place().row, place().column)),
          button("Copy row", () => void this.copyRow(answer, place().row)),
          button("Copy CSV", () => void this.copy(asCSV(answer), "Copied all rows as CSV.")),
        ]
      : [];
    return element("div", { class: "foot" }, said, element("div", { class: "foot-tools" }, ...buttons, element("span", { class: "grow" }), receipt));
  }

  private moved(answer: PreviewQueryResponse, said: HTMLElement, row: number, column: number): void {
    const head = answer.columns?.[column];
    const cell = answer.rows?.[row]?.cells?.[column];
    const words = row < 0 ? describeColumn(head ?? {}) : describeChanges(cell?.changes);
    said.replaceChildren(
      element("span", { class: "cell-place" }, row < 0 ? "Column " : `Row ${row + 1}, `, foreign(head?.name || `column ${column + 1}`), ", ", foreign(head?.type ?? "", "type")),
      element("span", { class: "cell-words" }, words.join(" ")),
      this.done,
    );
    this.done.textContent = "";
    if (this.panel.holds === "cell") this.open(answer, row, column, false);
  }

  /**
   * Opens the panel. Beside the table it leaves the focus on the cell, so that the arrow
   * keys go on, and goes into the panel the second time; over the table it goes at once.
   */
  private opened(answer: PreviewQueryResponse, row: number, column: number): void {
    if (this.panel.holds === "cell") {
      this.panel.focus();
      return;
    }
    const over = this.panel.liesOver;
    this.open(answer, row, column, over);
    if (over) return;
    this.announce("The cell is shown in full beside the table. Enter goes there, Escape closes it.");
  }

  private open(answer: PreviewQueryResponse, row: number, column: number, focus: boolean): void {
    const head = answer.columns?.[column];
    if (!head) return;
    const cell = answer.rows?.[row]?.cells?.[column];
    const title = element("span", {}, row < 0 ? "Column " : `Row ${row + 1}, `, foreign(head.name || `column ${column + 1}`));
    const content = cell ? cellView(cell, head, this.announce) : columnView(head);
    this.panel.show("cell", title, content, (lost) => {
      if (lost) this.grid?.cell()?.focus();
    });
    this.grid?.move(row, column, false);
    if (focus) this.panel.focus();
  }

  private toggleReceipt(answer: PreviewQueryResponse, button: HTMLElement): void {
    if (this.panel.holds === "receipt") {
      this.panel.close();
      return;
    }
    this.panel.show("receipt", element("span", {}, "Receipt"), receiptView(answer), (lost) => {
      button.setAttribute("aria-expanded", "false");
      if (lost) button.focus();
    });
    button.setAttribute("aria-expanded", "true");
    this.panel.focus();
  }

  private async copy(text: string, done: string): Promise<void> {
    this.done.textContent = (await copyText(text)) ? done : "The browser did not allow copying.";
    this.announce(this.done.textContent);
  }

  private copyCell(answer: PreviewQueryResponse, row: number, column: number): Promise<void> {
    if (row < 0) return this.copy(answer.columns?.[column]?.name ?? "", "Copied the column's name.");
    const text = answer.rows?.[row]?.cells?.[column]?.text;
    return this.copy(text ?? "", text === undefined ? "Copied NULL as an empty text." : "Copied the cell.");
  }

  private copyRow(answer: PreviewQueryResponse, row: number): Promise<void> {
    return row < 0 ? this.copy(asCSV({ ...answer, rows: [] }), "Copied the names of the columns as CSV.") : this.copy(rowAsCSV(answer, row), "Copied the row as CSV.");
  }
}
