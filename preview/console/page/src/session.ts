// How the page proves that it may ask. The token stays in this module's memory:
// never in the address, in storage or in the document.

import { Failure, post, unreachable } from "./rpc";

export interface Config {
  /** "link": a one-time token came in the link. "token": the user types a bearer token. "open": none is asked for. */
  mode: "link" | "token" | "open";
  version: string;
}

let token = "";

/** Asks how to authenticate. Throws a Failure. */
export async function fetchConfig(): Promise<Config> {
  let response: Response;
  try {
    response = await fetch("/console/config", { credentials: "omit", cache: "no-store", redirect: "error" });
  } catch {
    throw new Failure(unreachable, 0);
  }
  if (!response.ok) throw new Failure(`The sidecar answered with HTTP status ${response.status}.`, response.status);
  return (await response.json()) as Config;
}

/** Exchanges the link's token, which works once, for the page's own. Throws a Failure. */
export async function exchange(oneTime: string): Promise<void> {
  const answer = await post<{ token: string }>("/console/session", { token: oneTime }, "");
  token = answer.token;
}

/** Uses a bearer token that the user has typed. */
export function setToken(typed: string): void {
  token = typed;
}

/** Calls one method of the PreviewService. Throws a Failure, or an AbortError when signal aborts. */
export function call<T>(method: string, request: unknown, signal?: AbortSignal): Promise<T> {
  return post<T>("/opdata.preview.v1.PreviewService/" + method, request, token, signal);
}
