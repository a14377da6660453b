// The query: CodeMirror with PostgreSQL's words, squiggles and completion.

import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL } from "@codemirror/lang-sql";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { keywordCompletion, schemaCompletion } from "./completion";
import { Problems } from "./problems";
import type { Schema } from "./schema";
import { look } from "./theme";

export interface EditorActions {
  run(): void;
  /** The text, the selection or the problems are others. */
  changed(view: EditorView): void;
  /** The sidecar refused the page itself while the text was judged. */
  refused(error: unknown): void;
  schema(): Schema | undefined;
}

export interface Editor {
  view: EditorView;
  problems: Problems;
}

/** The part of the text that a run sends, and where it begins: the selection, or all of it. */
export function toRun(state: EditorState): { sql: string; from: number } {
  const { from, to } = state.selection.main;
  const selected = state.sliceDoc(from, to);
  return selected.trim() ? { sql: selected, from } : { sql: state.doc.toString(), from: 0 };
}

/**
 * Types over a selection. Left to itself, Chromium would keep the colours of the text
 * that goes by a style attribute, which the page's policy forbids and reports.
 */
const typedOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const text = event.data;
    const { from, to, empty } = view.state.selection.main;
    if (event.inputType !== "insertText" || text === null || empty || view.composing) return false;
    const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, insert))) view.dispatch(insert());
    return true;
  },
});

export function makeEditor(parent: HTMLElement, nonce: string, actions: EditorActions): Editor {
  const problems = new Problems((error) => actions.refused(error));
  const view = new EditorView({
    parent,
    state: EditorState.create({
      extensions: [
        // The policy lets no style element in without the page's nonce.
        nonce ? EditorView.cspNonce.of(nonce) : [],
        EditorView.contentAttributes.of({ "aria-label": "Query", spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (actions.run(), true) }])),
        lineNumbers(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        EditorView.lineWrapping,
        placeholder("select …"),
        PostgreSQL.extension,
        autocompletion({ override: [schemaCompletion(actions.schema), keywordCompletion], icons: false }),
        typedOverSelection,
        problems.extension,
        // Tab takes a completion that is open; else it is left to the browser, so that
        // the keyboard can leave the editor.
        keymap.of([{ key: "Tab", run: acceptCompletion }, ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
        look,
        EditorView.updateListener.of((update) => {
          if (update.docChanged || update.selectionSet || update.transactions.length > 0) actions.changed(update.view);
        }),
      ],
    }),
  });
  return { view, problems };
}

/** Puts a name in the place of the selection, with a blank before it where two words would become one. */
export function insertName(view: EditorView, name: string): void {
  const { from, to } = view.state.selection.main;
  const blank = /[\p{L}\p{N}_"]$/u.test(view.state.sliceDoc(Math.max(0, from - 2), from)) ? " " : "";
  const text = blank + name;
  view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length }, scrollIntoView: true, userEvent: "input" });
  view.focus();
}
