// The panel at the side: one cell in full, or the details of a run.

import { byId, element } from "./dom";

export class Panel {
  private readonly aside = byId("panel");
  private onClose: (() => void) | undefined;

  get isOpen(): boolean {
    return !this.aside.hidden;
  }

  /** Which content the panel has; empty when it is closed. */
  holds = "";

  /** Shows content. closed is called when the user closes the panel. */
  show(holds: string, title: Node, content: Node[], closed: () => void): void {
    const close = element("button", { type: "button", class: "quiet", "aria-label": "Close details" }, "Close ", element("kbd", {}, "Esc"));
    close.addEventListener("click", () => this.close());
    this.aside.replaceChildren(
      element("div", { class: "panel-head" }, element("h2", {}, title), close),
      element("div", { class: "panel-body", tabindex: "0", role: "group", "aria-label": "Details" }, ...content),
    );
    this.aside.hidden = false;
    this.holds = holds;
    this.onClose = closed;
  }

  /** Hides the panel; told says whether to call closed. */
  close(told = true): void {
    if (!this.isOpen) return;
    const closed = this.onClose;
    this.aside.hidden = true;
    this.aside.replaceChildren();
    this.holds = "";
    this.onClose = undefined;
    if (told) closed?.();
  }

  focus(): void {
    this.aside.querySelector<HTMLElement>(".panel-body")?.focus();
  }
}
