// Squiggles: what the guard has against the text, while it is typed, and what a
// run had against it, until the text changes.

import { linter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { element } from "./dom";
import { byteOffsets } from "./offsets";
import { call } from "./session";
import type { ValidateQueryResponse, Violation } from "./types";

/** How long typing must rest, in milliseconds, before the text is judged. */
const delay = 250;

/** Turns a place in the sent text into a range of the editor, never an empty one where there is text. */
function range(doc: Text, at: (offset: number) => number, v: { offset?: number; end?: number }, base: number) {
  let from = Math.min(base + at(v.offset ?? 0), doc.length);
  let to = Math.min(Math.max(base + at(v.end ?? 0), from), doc.length);
  if (from === to) {
    if (to < doc.length && doc.sliceString(to, to + 1) !== "\n") to++;
    else {
      // At the end of a line the last character before it that shows is underlined.
      while (from > base && /\s/.test(doc.sliceString(from - 1, from))) from--;
      to = from;
      from = Math.max(base, from - (/[\uDC00-\uDFFF]/.test(doc.sliceString(from - 1, from)) ? 2 : 1));
    }
  }
  return { from, to };
}

function render(v: Violation): () => HTMLElement {
  return () => {
    const box = element("div", { class: "violation" }, element("p", { class: "violation-message", dir: "auto" }, v.message ?? ""));
    if (v.hint) box.append(element("p", { class: "violation-hint", dir: "auto" }, v.hint));
    const rule = [v.reason, v.rule].filter(Boolean).join(" · ");
    if (rule) box.append(element("p", { class: "violation-rule" }, rule));
    return box;
  };
}

/** Makes the editor's form of violations of the text that begins at base in doc. */
export function diagnosticsOf(doc: Text, sent: string, violations: readonly Violation[], base = 0): Diagnostic[] {
  const at = byteOffsets(sent);
  return violations.map((v) => ({
    ...range(doc, at, v, base),
    severity: "error" as const,
    message: [v.message, v.hint].filter(Boolean).join("; "),
    renderMessage: render(v),
  }));
}

export class Problems {
  private fromRun: { doc: Text; diagnostics: Diagnostic[] } | undefined;
  private fromGuard: { doc: Text; diagnostics: Diagnostic[] } | undefined;
  private asking = new AbortController();

  /** told is called when the sidecar refuses the page itself. */
  constructor(private readonly told: (error: unknown) => void) {}

  readonly extension = [
    linter((view) => this.judge(view), { delay }),
    // Lint's own underline is a data: image, which the page's policy forbids.
    EditorView.theme({
      ".cm-lintRange": { backgroundImage: "none", paddingBottom: "0" },
      ".cm-lintRange-error": { textDecoration: "underline wavy var(--error) 1px", textUnderlineOffset: "3px", textDecorationSkipInk: "none" },
    }),
  ];

  private async judge(view: EditorView): Promise<readonly Diagnostic[]> {
    this.asking.abort();
    this.asking = new AbortController();
    const doc = view.state.doc;
    const sql = doc.toString().toWellFormed();
    if (!sql.trim()) return [];
    try {
      const answer = await call<ValidateQueryResponse>("ValidateQuery", { sql }, this.asking.signal);
      const found = diagnosticsOf(doc, sql, answer.violations ?? []);
      this.fromGuard = { doc, diagnostics: found };
      // What the guard lets pass the database may still have refused.
      return found.length === 0 && this.fromRun?.doc.eq(doc) ? this.fromRun.diagnostics : found;
    } catch (error) {
      if (!(error instanceof DOMException)) this.told(error);
      return [];
    }
  }

  /** Shows what a run had against the text, until the text changes; none leaves what the guard has. */
  show(view: EditorView, diagnostics: Diagnostic[]): void {
    const { doc } = view.state;
    this.fromRun = diagnostics.length > 0 ? { doc, diagnostics } : undefined;
    const guard = this.fromGuard?.doc.eq(doc) ? this.fromGuard.diagnostics : [];
    view.dispatch(setDiagnostics(view.state, diagnostics.length > 0 ? diagnostics : guard));
  }
}
