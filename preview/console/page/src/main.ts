// The page of "sqlpreview console": it takes its token out of the address bar
// before anything else, then ties the editor, the result and the tables together.

import { oneTime, takeFragment } from "./fragment";

import "./base.css";
import "./layout.css";
import "./query.css";
import "./result.css";
import "./panel.css";
import "./tables.css";

import { closeCompletion } from "@codemirror/autocomplete";
import { forEachDiagnostic } from "@codemirror/lint";
import type { EditorView } from "@codemirror/view";
import { byId, element } from "./dom";
import { insertName, makeEditor, toRun } from "./editor";
import { askToken, notice } from "./notice";
import { byteOffsets } from "./offsets";
import { Panel } from "./panel";
import { diagnosticsOf } from "./problems";
import { Result } from "./result";
import { Failure } from "./rpc";
import { Runner } from "./run";
import { Schema } from "./schema";
import { call, type Config, exchange, fetchConfig, setToken } from "./session";
import { splitter } from "./split";
import { Tree } from "./tree";
import type { ListConnectionsResponse, Position } from "./types";

const status = byId("status");
const announce = (text: string): void => {
  status.textContent = text;
};

const panel = new Panel();
const result = new Result(panel, announce);
const picker = byId<HTMLSelectElement>("connection");
let schema: Schema | undefined;
let config: Config = { mode: "link", version: "" };

const freshLink = "Press Enter in the terminal where sqlpreview console runs: it prints a fresh link. Your query stays here when you open that link in this tab.";

/** Says how to go on where the sidecar refuses the page itself; returns whether it did. */
function refused(error: unknown): boolean {
  if (!(error instanceof Failure) || error.status !== 401) return false;
  if (config.mode === "token") askToken(enter);
  else notice("This page may not ask any more. " + freshLink);
  return true;
}

const { view, problems } = makeEditor(byId("editor"), document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "", {
  run: () => void run(),
  changed: (v) => drawState(v),
  refused,
  schema: () => schema,
});

const runner = new Runner(() => void run());
const tree = new Tree((name) => {
  showTables(false);
  insertName(view, name);
}, refused);

/** The line beside the button: the first problem, and how many there are. */
function drawState(v: EditorView): void {
  const { sql, from } = toRun(v.state);
  runner.setSelection(from > 0 || sql.length < v.state.doc.length);
  const found: { message: string; from: number }[] = [];
  forEachDiagnostic(v.state, (d, at) => found.push({ message: d.message, from: at }));
  const line = byId("problem");
  const first = found[0];
  if (!first) {
    if (line.textContent) line.replaceChildren();
    return;
  }
  const text = `${found.length > 1 ? `${found.length} problems. ` : ""}Line ${v.state.doc.lineAt(first.from).number}: ${first.message}`;
  if (line.textContent !== text) line.replaceChildren(element("bdi", { dir: "auto" }, text));
}

async function run(): Promise<void> {
  closeCompletion(view);
  const { sql, from } = toRun(view.state);
  const sent = view.state.doc;
  await runner.run(picker.value, sql, {
    running: (running) => result.setRunning(running),
    answered: (answer) => {
      problems.show(view, []);
      result.showAnswer(answer);
    },
    canceled: () => result.showMessage("Canceled. The database has been told to stop the query."),
    failed: (failure) => {
      if (refused(failure)) return;
      result.showFailure(failure, sql, (p) => goTo(p, sql, from));
      if (!view.state.doc.eq(sent)) return;
      const { detail } = failure;
      const faults = detail.violations ?? (detail.position ? [{ ...detail.position, message: failure.message, hint: detail.hint ?? "", reason: detail.reason ?? "" }] : []);
      problems.show(view, diagnosticsOf(sent, sql.toWellFormed(), faults, from));
    },
  });
}

/** Moves the cursor to a place in the text that was run. */
function goTo(p: Position, sql: string, from: number): void {
  const at = Math.min(from + byteOffsets(sql)(p.offset ?? 0), view.state.doc.length);
  view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
  view.focus();
}

function chooseConnection(): void {
  schema?.close();
  schema = new Schema(picker.value);
  problems.show(view, []); // what another database had against the text
  void tree.show(schema);
}

/** Reads the connections, then the tables of the first. Throws a Failure. */
async function connect(): Promise<void> {
  const options: HTMLOptionElement[] = [];
  let pageToken = "";
  do {
    const answer = await call<ListConnectionsResponse>("ListConnections", { pageToken });
    for (const c of answer.connections ?? []) options.push(element("option", { value: c.id ?? "" }, c.label || c.id || ""));
    pageToken = answer.nextPageToken ?? "";
  } while (pageToken);
  const chosen = picker.value;
  picker.replaceChildren(...options);
  picker.disabled = options.length === 0;
  if (options.some((o) => o.value === chosen)) picker.value = chosen;
  if (options.length === 0) notice("You may use no connection of this sidecar. Ask its operator.");
  else notice("");
  chooseConnection();
}

/** Takes a typed bearer token; returns what is wrong with it. */
async function enter(typed: string): Promise<string> {
  setToken(typed);
  try {
    await connect();
    view.focus();
    return "";
  } catch (error) {
    return error instanceof Failure && error.status === 401 ? "The sidecar does not accept this token." : String((error as Error).message);
  }
}

/** Authenticates and connects, or says how to go on. */
async function begin(link: string): Promise<void> {
  try {
    config = await fetchConfig();
    byId("version").textContent = config.version;
    if (config.mode === "token") {
      askToken(enter);
      return;
    }
    if (config.mode === "link") {
      if (!link) {
        notice("This page needs its link. " + freshLink);
        return;
      }
      await exchange(link);
    }
    await connect();
  } catch (error) {
    if (error instanceof Failure && error.status === 401) notice("This link has been used, or is too old. " + freshLink);
    else notice(error instanceof Error ? error.message : "The page could not start.");
  }
}

// A fresh link opened in this tab changes the fragment only: the query stays.
addEventListener("hashchange", () => {
  const link = takeFragment();
  if (link) void begin(link);
});

// Wherever the focus is; the editor has the first say.
addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void run();
  else if (event.key !== "Escape") return;
  else if (runner.isRunning) runner.cancel();
  else if (document.body.classList.contains("tables-open")) showTables(false);
  else if (panel.isOpen) panel.close();
  else return;
  event.preventDefault();
});

/** Opens or closes the tables where the page is too narrow to show them always. */
function showTables(open: boolean): void {
  const had = byId("tables").contains(document.activeElement);
  document.body.classList.toggle("tables-open", open);
  toggle.setAttribute("aria-expanded", String(open));
  if (open) byId("filter").focus();
  else if (had) toggle.focus();
}

const toggle = byId("tables-toggle");
toggle.addEventListener("click", () => showTables(!document.body.classList.contains("tables-open")));

picker.addEventListener("change", () => {
  runner.cancel();
  result.showNothing();
  chooseConnection();
});
splitter();
result.showNothing();
view.focus();
void begin(oneTime);
