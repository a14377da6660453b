// @ts-check
// Calls a sidecar from Node or TypeScript with nothing but Node itself: the
// Connect protocol is a POST of JSON, here over the sidecar's unix socket. The
// types are in comments, which TypeScript reads, so this file needs no build.
//
//   node preview.mjs /run/sqlpreview/preview.sock "select * from orders"
//
// A bearer token, where the sidecar asks for one, comes from SQLPREVIEW_TOKEN.
import { request } from "node:http";
import { argv, env, exit, stderr, stdout } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/**
 * What a preview is asked for; the names are those of the proto file in JSON.
 * @typedef {object} PreviewRequest
 * @property {string} [connectionId]
 * @property {string} sql
 * @property {string} [requestId]
 * @property {number} [maxRows]
 * @property {string} [timeout] for instance "3s"
 *
 * A cell has no text when the value is NULL. Its text is plain: escape it.
 * @typedef {{ text?: string, changes?: { kinds: string[], originalBytes?: string } }} Cell
 *
 * @typedef {object} PreviewResponse
 * @property {string} requestId
 * @property {{ name?: string, type: string }[]} columns
 * @property {{ cells: Cell[] }[]} [rows]
 * @property {{ reason: string, limit: string }[]} [truncations]
 *
 * @typedef {object} Detail
 * @property {string} type
 * @property {{ reason?: string, retryDelay?: string, violations?: unknown[] }} [debug]
 */

/** Why there is no preview. reason is one of the stable names. */
export class PreviewError extends Error {
  /**
   * @param {string} message
   * @param {Detail[]} details
   */
  constructor(message, details) {
    super(message);
    /** @param {string} type */
    const find = (type) => details.find((detail) => detail.type === type)?.debug;
    this.reason = find("google.rpc.ErrorInfo")?.reason ?? "INTERNAL";
    this.violations = find("opdata.preview.v1.ErrorDetail")?.violations ?? [];
    const delay = find("google.rpc.RetryInfo")?.retryDelay;
    this.retryAfterMs = delay === undefined ? undefined : Number.parseFloat(delay) * 1000;
  }
}

/**
 * @param {string} socketPath
 * @param {PreviewRequest} body
 * @param {string | undefined} token
 * @returns {Promise<PreviewResponse>}
 */
function once(socketPath, body, token) {
  return new Promise((resolve, reject) => {
    const out = request(
      {
        socketPath,
        method: "POST",
        path: "/opdata.preview.v1.PreviewService/PreviewQuery",
        // A preview takes 10 s at most; the rest is for the way.
        timeout: 15_000,
        headers: {
          host: "localhost",
          "content-type": "application/json",
          "connect-protocol-version": "1",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      },
      (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          try {
            const answer = JSON.parse(Buffer.concat(chunks).toString("utf8"));
            if (response.statusCode === 200) resolve(answer);
            else reject(new PreviewError(answer.message ?? answer.code ?? "no message", answer.details ?? []));
          } catch {
            reject(new Error(`the answer with status ${response.statusCode} is no JSON`));
          }
        });
      },
    );
    out.on("timeout", () => out.destroy(new Error("the sidecar did not answer in time")));
    out.on("error", reject);
    out.end(JSON.stringify(body));
  });
}

/**
 * Asks for a preview, and again while the sidecar says when to come back. That is
 * always safe: a preview changes nothing.
 * @param {string} socketPath
 * @param {PreviewRequest} body
 * @param {{ attempts?: number, token?: string | undefined }} [options]
 * @returns {Promise<PreviewResponse>}
 */
export async function preview(socketPath, body, { attempts = 3, token } = {}) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(socketPath, body, token);
    } catch (error) {
      if (!(error instanceof PreviewError) || error.retryAfterMs === undefined || attempt >= attempts) throw error;
      // A little longer than asked, so that not all come back together.
      await sleep(error.retryAfterMs * (1 + Math.random() / 4));
    }
  }
}

/** @param {string[]} args */
async function main([socketPath, sql]) {
  if (socketPath === undefined || sql === undefined) {
    stderr.write("usage: preview.mjs SOCKET SQL\n");
    return 2;
  }
  try {
    const answer = await preview(socketPath, { sql }, { token: env.SQLPREVIEW_TOKEN });
    stdout.write(answer.columns.map((column) => column.name ?? "").join("\t") + "\n");
    for (const row of answer.rows ?? []) {
      stdout.write(row.cells.map((cell) => (cell.text === undefined ? "NULL" : JSON.stringify(cell.text))).join("\t") + "\n");
    }
    for (const { reason } of answer.truncations ?? []) stdout.write(`bounded: ${reason}\n`);
    return 0;
  } catch (error) {
    const reason = error instanceof PreviewError ? error.reason : "INTERNAL";
    stderr.write(`${reason}: ${error instanceof Error ? error.message : "unknown"}\n`);
    return 1;
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const code = await main(argv.slice(2));
  // What was written to a pipe must get there before the end.
  stdout.write("", () => exit(code));
}
