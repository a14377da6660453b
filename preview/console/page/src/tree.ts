// The tables on the left, after the ARIA tree pattern: Right opens a table's
// columns, Left closes them, Enter or a double press puts the name into the query.

import { formatNumber, plural } from "./changes";
import { byId, element, foreign } from "./dom";
import { Failure } from "./rpc";
import { type Listing, type Schema, tableKey } from "./schema";
import type { Table, TableColumn } from "./types";

/** The most tables that are drawn; a filter finds the others. */
const drawn = 300;
/** How long typing in the filter must rest before the sidecar is asked, in milliseconds. */
const delay = 250;

const kinds = new Map([
  ["TABLE_KIND_VIEW", "view"],
  ["TABLE_KIND_MATERIALIZED_VIEW", "materialized view"],
  ["TABLE_KIND_FOREIGN_TABLE", "foreign"],
  ["TABLE_KIND_PARTITIONED_TABLE", "partitioned"],
]);

export class Tree {
  private readonly box = byId("tree");
  private readonly note = byId("tree-note");
  private readonly filter = byId<HTMLInputElement>("filter");
  private schema: Schema | undefined;
  private readonly open = new Set<string>();
  private asking = new AbortController();
  private timer = 0;
  private readonly names = new WeakMap<HTMLElement, string>();
  private readonly tables = new WeakMap<HTMLElement, Table>();

  constructor(
    private readonly insert: (sqlName: string) => void,
    /** The sidecar did not answer, or refused the page itself. */
    private readonly failed: (error: unknown) => void,
  ) {
    this.filter.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.refresh(), this.schema?.listing.complete ? 0 : delay);
    });
    this.filter.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.items()[0]?.focus();
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("click", (event) => this.click(event));
    this.box.addEventListener("dblclick", (event) => this.use(this.itemOf(event.target)));
  }

  /** Shows the tables of another connection. */
  async show(schema: Schema): Promise<void> {
    this.schema = schema;
    this.open.clear();
    this.box.replaceChildren();
    this.note.textContent = "Reading the tables…";
    try {
      await schema.load();
    } catch (error) {
      if (this.schema === schema) this.failed(error);
      if (this.schema === schema) this.note.textContent = error instanceof Failure ? error.message : "The tables could not be read.";
      return;
    }
    if (this.schema === schema) await this.refresh();
  }

  /** Draws the tables that the filter lets pass. */
  private async refresh(): Promise<void> {
    const schema = this.schema;
    if (!schema) return;
    this.asking.abort();
    this.asking = new AbortController();
    const pattern = this.filter.value.trim().toLowerCase();
    let listing: Listing = schema.listing;
    if (pattern && !listing.complete) {
      // A schema before a dot is not part of the name that the sidecar looks for.
      try {
        listing = await schema.list(pattern.slice(pattern.lastIndexOf(".") + 1), this.asking.signal);
      } catch (error) {
        if (error instanceof Failure) this.note.textContent = error.message;
        return;
      }
    }
    const matches = listing.tables.filter((t) => `${t.schema ?? ""}.${t.name ?? ""}`.toLowerCase().includes(pattern));
    this.draw(matches.slice(0, drawn));
    const left = matches.length - drawn;
    if (matches.length === 0) this.note.textContent = pattern ? "No table matches." : "The role may read no table.";
    else if (left > 0 || !listing.complete) this.note.textContent = `The first ${plural(Math.min(matches.length, drawn), "table")}${left > 0 && listing.complete ? ` of ${formatNumber(matches.length)}` : ""}. Filter to find others.`;
    else this.note.textContent = "Enter or a double click puts a name into the query.";
  }

  private draw(tables: Table[]): void {
    const root = element("ul", { role: "tree", "aria-label": "Tables" });
    const schemas = new Map<string, Table[]>();
    for (const table of tables) {
      const name = table.schema ?? "";
      schemas.set(name, [...(schemas.get(name) ?? []), table]);
    }
    for (const [name, inSchema] of schemas) {
      const group = element("ul", { role: "group" }, ...inSchema.map((t) => this.tableItem(t)));
      const item = element("li", { role: "treeitem", class: "schema", tabindex: "-1", "aria-expanded": "true" }, element("div", { class: "row" }, foreign(name, "label")), group);
      root.append(item);
    }
    this.box.replaceChildren(root);
    this.items()[0]?.setAttribute("tabindex", "0");
  }

  private tableItem(table: Table): HTMLElement {
    const row = element("div", { class: "row" }, foreign(table.name ?? "", "label"));
    const kind = kinds.get(table.kind ?? "");
    if (kind) row.append(element("span", { class: "aside" }, kind));
    if (table.rowEstimate !== undefined) row.append(element("span", { class: "aside", title: "Rows, as the database's statistics guess" }, "~" + compact(table.rowEstimate)));
    const item = element("li", { role: "treeitem", class: "table", tabindex: "-1", "aria-expanded": "false" }, row);
    this.tables.set(item, table);
    if (table.sqlName) this.names.set(item, table.sqlName);
    if (this.open.has(tableKey(table))) void this.expand(item);
    return item;
  }

  private columnItem(column: TableColumn, key: boolean): HTMLElement {
    const row = element("div", { class: "row" }, foreign(column.name ?? "", "label"));
    if (key) row.append(element("span", { class: "badge" }, "key"));
    if (column.masked) row.append(element("span", { class: "badge masked" }, "masked"));
    row.append(foreign(column.type ?? "", "aside"));
    const item = element("li", { role: "treeitem", class: "column", tabindex: "-1" }, row);
    if (column.comment) item.append(element("div", { class: "comment", dir: "auto" }, column.comment));
    if (column.sqlName) this.names.set(item, column.sqlName);
    return item;
  }

  private async expand(item: HTMLElement): Promise<void> {
    item.setAttribute("aria-expanded", "true");
    const table = this.tables.get(item);
    const schema = this.schema;
    if (!table || !schema) return;
    this.open.add(tableKey(table));
    let group: HTMLElement;
    try {
      const described = await schema.describe(table);
      const keys = new Set(described.primaryKey ?? []);
      group = element("ul", { role: "group" }, ...(described.columns ?? []).map((c) => this.columnItem(c, keys.has(c.name ?? ""))));
      if (described.comment) item.firstElementChild?.after(element("div", { class: "comment", dir: "auto" }, described.comment));
      if (described.columnsOmitted) group.append(element("li", { role: "none", class: "comment" }, `${plural(described.columnsOmitted, "more column")} did not fit.`));
    } catch (error) {
      group = element("ul", { role: "group" }, element("li", { role: "none", class: "comment" }, error instanceof Failure ? error.message : "The columns could not be read."));
    }
    // It may have been closed, or opened twice, in the meantime.
    if (item.getAttribute("aria-expanded") === "true" && !item.querySelector("ul")) item.append(group);
  }

  private collapse(item: HTMLElement): void {
    item.setAttribute("aria-expanded", "false");
    const table = this.tables.get(item);
    if (!table) return; // a schema only hides its group
    this.open.delete(tableKey(table));
    for (const child of [...item.children].slice(1)) child.remove();
  }

  private toggle(item: HTMLElement): void {
    const state = item.getAttribute("aria-expanded");
    if (state === "true") this.collapse(item);
    else if (state === "false") void this.expand(item);
  }

  private use(item: HTMLElement | null): void {
    const name = item && this.names.get(item);
    if (name) this.insert(name);
  }

  private itemOf(target: EventTarget | null): HTMLElement | null {
    return target instanceof Element ? target.closest<HTMLElement>("[role=treeitem]") : null;
  }

  /** The items that show, from the top to the bottom. */
  private items(): HTMLElement[] {
    return [...this.box.querySelectorAll<HTMLElement>("[role=treeitem]")].filter((i) => !i.parentElement?.closest("[aria-expanded=false]"));
  }

  private focus(item: HTMLElement | null | undefined): void {
    if (!item) return;
    for (const other of this.box.querySelectorAll("[tabindex='0']")) other.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
    item.focus({ preventScroll: true });
    item.firstElementChild?.scrollIntoView({ block: "nearest" });
  }

  private click(event: MouseEvent): void {
    const item = this.itemOf(event.target);
    if (!item || event.detail > 1) return;
    this.focus(item);
    this.toggle(item);
  }

  private key(event: KeyboardEvent): void {
    const item = this.itemOf(event.target);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this.items();
    const at = items.indexOf(item);
    const state = item.getAttribute("aria-expanded");
    switch (event.key) {
      case "ArrowDown": this.focus(items[at + 1]); break;
      case "ArrowUp": if (at === 0) this.filter.focus(); else this.focus(items[at - 1]); break;
      case "Home": this.focus(items[0]); break;
      case "End": this.focus(items.at(-1)); break;
      case "ArrowRight":
        if (state === "false") void this.expand(item);
        else if (state === "true") this.focus(item.querySelector<HTMLElement>("[role=treeitem]"));
        break;
      case "ArrowLeft":
        if (state === "true") this.collapse(item);
        else this.focus(item.parentElement?.closest<HTMLElement>("[role=treeitem]"));
        break;
      case "Enter": if (this.names.has(item)) this.use(item); else this.toggle(item); break;
      case " ": this.toggle(item); break;
      default: return;
    }
    event.preventDefault();
  }
}

const compactNumber = new Intl.NumberFormat("en", { notation: "compact" });

function compact(text: string): string {
  return compactNumber.format(Number(text));
}
