import "./main.css";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";

interface Column { name?: string; type?: string }
interface Cell { text?: string }
interface Answer { columns?: Column[]; rows?: { cells?: Cell[] }[]; message?: string }

// The one-time token leaves the address bar before anything else happens.
const fragment = location.hash.slice(1);
if (fragment !== "") window.history.replaceState(null, "", location.pathname);

let bearer = "";

async function post(path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (bearer !== "") headers["Authorization"] = "Bearer " + bearer;
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body), cache: "no-store", credentials: "omit" });
}

async function signIn(): Promise<string> {
  const config = await (await fetch("/console/config", { cache: "no-store" })).json() as { mode: string };
  if (config.mode === "open") return "";
  if (config.mode === "token") return "This server asks for a bearer token.";
  const response = await post("/console/session", { token: fragment });
  if (!response.ok) return "This link was used or is too old. Press Enter in the terminal for another one.";
  bearer = (await response.json() as { token: string }).token;
  return "";
}

function show(answer: Answer): void {
  if (answer.message !== undefined) {
    status.textContent = answer.message;
    result.replaceChildren();
    return;
  }
  const head = document.createElement("tr");
  for (const column of answer.columns ?? []) {
    const th = document.createElement("th");
    th.textContent = column.name ?? "";
    head.append(th);
  }
  result.replaceChildren(head);
  for (const row of answer.rows ?? []) {
    const tr = document.createElement("tr");
    for (const cell of row.cells ?? []) {
      const td = document.createElement("td");
      td.textContent = cell.text ?? "NULL";
      tr.append(td);
    }
    result.append(tr);
  }
  status.textContent = "";
}

async function run(): Promise<void> {
  status.textContent = "running";
  const response = await post("/opdata.preview.v1.PreviewService/PreviewQuery", { sql: view.state.doc.toString() });
  show(await response.json() as Answer);
}

const app = document.querySelector("#app")!;
const editor = document.createElement("div");
editor.id = "query";
const status = document.createElement("p");
status.id = "status";
const result = document.createElement("table");
app.append(editor, status, result);
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
const view = new EditorView({
  parent: editor,
  state: EditorState.create({
    doc: "select 1 as one",
    extensions: [
      EditorView.cspNonce.of(nonce), history(), sql({ dialect: PostgreSQL }),
      keymap.of([{ key: "Mod-Enter", run: () => { void run(); return true; } }, ...defaultKeymap, ...historyKeymap]),
    ],
  }),
});
view.focus();
status.textContent = await signIn();
