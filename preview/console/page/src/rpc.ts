// One unary call of the Connect protocol: a POST of JSON.

import type { Position, Violation } from "./types";

interface ErrorDetail {
  reason?: string;
  hint?: string;
  sqlstate?: string;
  position?: Position;
  violations?: Violation[];
  violationsOmitted?: number;
  requestId?: string;
}

/** What went wrong, in the server's words. */
export class Failure extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly detail: ErrorDetail = {},
    readonly retryAfter = "",
  ) {
    super(message);
  }
}

export const unreachable = "The sidecar does not answer. If it has ended, start it again and open its new link.";

function failureOf(status: number, body: unknown): Failure {
  const answer = (body ?? {}) as { message?: string; details?: { type?: string; debug?: unknown }[] };
  let detail: ErrorDetail = {};
  let retryAfter = "";
  for (const d of answer.details ?? []) {
    if (d.type === "opdata.preview.v1.ErrorDetail") detail = (d.debug ?? {}) as ErrorDetail;
    if (d.type === "google.rpc.RetryInfo") retryAfter = (d.debug as { retryDelay?: string })?.retryDelay ?? "";
  }
  return new Failure(answer.message || `The sidecar answered with HTTP status ${status}.`, status, detail, retryAfter);
}

/** Sends a POST of JSON and returns the answer. Throws a Failure, or an AbortError when signal aborts. */
export async function post<T>(path: string, body: unknown, token: string, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (path.startsWith("/opdata.")) headers["connect-protocol-version"] = "1";
  if (token) headers["authorization"] = "Bearer " + token;
  let response: Response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal: signal ?? null,
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(unreachable, 0);
  }
  let answer: unknown;
  try {
    answer = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    if (response.ok) throw new Failure("The sidecar's answer was cut off. Run the query again.", 0);
  }
  if (!response.ok) throw failureOf(response.status, answer);
  return answer as T;
}
