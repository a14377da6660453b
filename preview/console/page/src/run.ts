// One run at a time: started by the button or Ctrl-Enter, ended by its answer, by
// Escape or by the button.

import { byId, isMac } from "./dom";
import { Failure } from "./rpc";
import { call } from "./session";
import { formatTime } from "./timing";
import type { PreviewQueryResponse } from "./types";

export interface RunActions {
  answered(answer: PreviewQueryResponse): void;
  failed(failure: Failure): void;
  canceled(): void;
  /** A run began or ended. */
  running(running: boolean): void;
}

export class Runner {
  private readonly button = byId("run");
  private readonly label = byId("run-label");
  private readonly key = byId("run-key");
  private current: AbortController | undefined;
  private clock = 0;
  private selection = false;

  constructor(start: () => void) {
    this.button.addEventListener("click", () => (this.current ? this.cancel() : start()));
    this.draw();
  }

  get isRunning(): boolean {
    return this.current !== undefined;
  }

  /** Says on the button that only a selection would run. */
  setSelection(selection: boolean): void {
    if (this.selection === selection) return;
    this.selection = selection;
    this.draw();
  }

  /** Ends the run; the sidecar then cancels the query in the database. */
  cancel(): void {
    this.current?.abort();
  }

  async run(connectionId: string, sql: string, actions: RunActions): Promise<void> {
    if (this.current || !sql.trim()) return;
    const run = new AbortController();
    this.current = run;
    const start = performance.now();
    this.clock = window.setInterval(() => this.draw(performance.now() - start), 100);
    this.draw(0);
    actions.running(true);
    let end: () => void;
    try {
      const answer = await call<PreviewQueryResponse>("PreviewQuery", { connectionId, sql: sql.toWellFormed() }, run.signal);
      end = () => actions.answered(answer);
    } catch (error) {
      end = run.signal.aborted
        ? () => actions.canceled()
        : () => actions.failed(error instanceof Failure ? error : new Failure("The page failed. Reload it with a fresh link.", 0));
    }
    clearInterval(this.clock);
    this.current = undefined;
    this.draw();
    actions.running(false);
    end();
  }

  private draw(elapsed?: number): void {
    const running = this.current !== undefined;
    this.button.classList.toggle("running", running);
    this.label.textContent = running ? "Cancel" : this.selection ? "Run selection" : "Run";
    // Not before half a second: a number that flashes by says nothing.
    this.key.textContent = running ? ((elapsed ?? 0) > 500 ? formatTime(elapsed ?? 0) : "Esc") : isMac ? "⌘↵" : "Ctrl ↵";
  }
}
