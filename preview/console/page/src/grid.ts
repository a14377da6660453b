// The keyboard of the table, after the ARIA grid pattern: one cell at a time can
// be reached with Tab, and the arrow keys move within the table.

/** How far Page Up and Page Down go, in rows. */
const page = 10;

export interface GridActions {
  /** The cell in this place has the focus; row -1 is the header. */
  moved(row: number, column: number): void;
  /** Enter, Space, or a second press on the same cell. */
  opened(row: number, column: number): void;
  /** Ctrl-C or Cmd-C without a selection of text. */
  copied(row: number, column: number): void;
}

export class Grid {
  private row = -1;
  private column = 0;

  constructor(
    private readonly table: HTMLTableElement,
    private readonly actions: GridActions,
  ) {
    this.row = table.rows.length > 1 ? 0 : -1;
    this.cell()?.setAttribute("tabindex", "0");
    table.addEventListener("keydown", (event) => this.key(event));
    table.addEventListener("pointerdown", (event) => this.press(event));
    table.addEventListener("focusin", () => this.actions.moved(this.row, this.column));
  }

  /** The cell that has, or would get, the focus. */
  cell(): HTMLTableCellElement | undefined {
    // The first column holds the row's number.
    return this.table.rows[this.row + 1]?.cells[this.column + 1];
  }

  get place(): { row: number; column: number } {
    return { row: this.row, column: this.column };
  }

  /** Moves to a place, or as near to it as there are cells. */
  move(row: number, column: number, focus = true): void {
    const width = (this.table.rows[0]?.cells.length ?? 1) - 1;
    if (width === 0) return;
    this.cell()?.setAttribute("tabindex", "-1");
    this.row = Math.max(-1, Math.min(row, this.table.rows.length - 2));
    this.column = Math.max(0, Math.min(column, width - 1));
    const cell = this.cell();
    cell?.setAttribute("tabindex", "0");
    if (focus) cell?.focus();
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  private key(event: KeyboardEvent): void {
    const far = event.ctrlKey || event.metaKey;
    let { row, column } = this;
    switch (event.key) {
      case "ArrowUp": row--; break;
      case "ArrowDown": row++; break;
      case "ArrowLeft": column--; break;
      case "ArrowRight": column++; break;
      case "PageUp": row = Math.max(row - page, -1); break;
      case "PageDown": row += page; break;
      case "Home": column = 0; if (far) row = 0; break;
      case "End": column = Infinity; if (far) row = Infinity; break;
      case "Enter":
      case " ":
        if (far) return; // Ctrl-Enter runs the query
        event.preventDefault();
        this.actions.opened(row, column);
        return;
      case "c":
        if (!far || !document.getSelection()?.isCollapsed) return;
        event.preventDefault();
        this.actions.copied(row, column);
        return;
      default: return;
    }
    if (event.altKey || (far && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    this.move(row, column);
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    const cell = event.target.closest("td, th");
    if (!(cell instanceof HTMLTableCellElement) || !this.table.contains(cell)) return;
    const row = (cell.parentElement as HTMLTableRowElement).rowIndex - 1;
    const column = cell.cellIndex - 1;
    if (column < 0) return;
    const again = row === this.row && column === this.column && cell === document.activeElement;
    this.move(row, column);
    if (again) this.actions.opened(row, column);
  }
}
