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
 * What the guard found, and where: line and column from 1, the column in code
 * points, offset and end in bytes of UTF-8.
 * @typedef {object} Violation
 * @property {string} reason
 * @property {string} rule
 * @property {string} message
 * @property {number} line
 * @property {number} column
 * @property {number} offset
 * @property {number} end
 * @property {string} hint
 *
 * A detail of an error: a Protobuf message in base64.
 * @typedef {{ type: string, value: string }} Detail
 */

/**
 * Reads one Protobuf message: the values of each field by its number, a number for
 * a varint and the bytes of anything that has a length.
 * @param {Buffer} bytes
 */
function decode(bytes) {
  /** @type {Map<number, (number | Buffer)[]>} */
  const fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("the message ends in the middle");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    /** @type {number | Buffer} */
    let value = 0;
    switch (tag % 8) {
      case 0:
        value = varint();
        break;
      case 1:
        at += 8;
        continue;
      case 2: {
        const length = varint();
        value = bytes.subarray(at, at + length);
        if (value.length !== length) throw new RangeError("the message ends in the middle");
        at += length;
        break;
      }
      case 5:
        at += 4;
        continue;
      default:
        throw new RangeError("the message has a field of an unknown kind");
    }
    const number = Math.floor(tag / 8);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return {
    /** @param {number} field */
    bytes: (field) => (fields.get(field) ?? []).flatMap((value) => (value instanceof Buffer ? [value] : [])),
    /** @param {number} field */
    text: (field) => String(fields.get(field)?.at(-1) ?? ""),
    /** @param {number} field */
    number: (field) => Number(fields.get(field)?.at(-1) ?? 0),
  };
}

/**
 * @param {Buffer} bytes
 * @returns {Violation}
 */
function violation(bytes) {
  const message = decode(bytes);
  return {
    reason: message.text(1),
    rule: message.text(2),
    message: message.text(3),
    line: message.number(4),
    column: message.number(5),
    offset: message.number(6),
    end: message.number(7),
    hint: message.text(8),
  };
}

/** Why there is no preview. reason is one of the stable names. */
export class PreviewError extends Error {
  /**
   * @param {string} message
   * @param {Detail[]} details
   */
  constructor(message, details) {
    super(message);
    /** @param {string} type */
    const find = (type) => {
      const detail = details.find((candidate) => candidate.type === type);
      return detail && decode(Buffer.from(detail.value, "base64"));
    };
    const detail = find("opdata.preview.v1.ErrorDetail");
    const delay = find("google.rpc.RetryInfo")?.bytes(1).map(decode).at(-1);
    this.reason = find("google.rpc.ErrorInfo")?.text(1) ?? "INTERNAL";
    this.hint = detail?.text(2) ?? "";
    this.violations = detail?.bytes(5).map(violation) ?? [];
    this.retryAfterMs = delay && delay.number(1) * 1000 + delay.number(2) / 1e6;
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
            reject(new Error(`the answer with status ${response.statusCode} cannot be read`));
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
    if (error instanceof PreviewError) {
      for (const { line, column, message } of error.violations) stderr.write(`  ${line}:${column} ${message}\n`);
    }
    return 1;
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const code = await main(argv.slice(2));
  // What was written to a pipe must get there before the end.
  stdout.write("", () => exit(code));
}
