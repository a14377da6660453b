// The panel at the side: one cell in full, or the details of a run.

import { byId, element } from "./dom";

export class Panel {
  private readonly aside = byId("panel");
  private onClose: ((focus: boolean) => void) | undefined;

  get isOpen(): boolean {
    return !this.aside.hidden;
  }

  /** Whether there is no room beside the result, so that the panel lies over it (panel.css). */
  get liesOver(): boolean {
    return getComputedStyle(this.aside).position === "absolute";
  }

  /** Which content the panel has; empty when it is closed. */
  holds = "";

  /**
   * Shows content. closed is called when it goes, and told whether the focus was in
   * it and needs another place.
   */
  show(holds: string, title: Node, content: Node[], closed: (focus: boolean) => void): void {
    this.onClose?.(false);
    const close = element("button", { type: "button", class: "quiet" }, "Close ", element("kbd", {}, "Esc"));
    close.addEventListener("click", () => this.close());
    this.aside.replaceChildren(
      element("div", { class: "panel-head" }, element("h2", {}, title), close),
      element("div", { class: "panel-body", tabindex: "0", role: "group", "aria-label": "Details" }, ...content),
    );
    this.aside.hidden = false;
    this.holds = holds;
    this.onClose = closed;
  }

  /** Hides the panel. */
  close(): void {
    if (!this.isOpen) return;
    const closed = this.onClose;
    const focus = this.aside.contains(document.activeElement);
    this.aside.hidden = true;
    this.aside.replaceChildren();
    this.holds = "";
    this.onClose = undefined;
    closed?.(focus);
  }

  focus(): void {
    this.aside.querySelector<HTMLElement>(".panel-body")?.focus();
  }
}
