// @ts-check
// Calls a sidecar from Node or TypeScript with nothing but Node itself: the
// Connect protocol is a POST of JSON, over the sidecar's unix socket, TCP or TLS. The
// types are in comments, which TypeScript reads, so this file needs no build.
//
//   node preview.mjs /run/sqlpreview/preview.sock "select * from orders"
//   node preview.mjs http://127.0.0.1:7777 "select * from orders"
//   node preview.mjs https://sidecar.internal:7777 "select * from orders"
//
// A bearer token, where the sidecar asks for one, comes from SQLPREVIEW_TOKEN; for
// TLS the authorities from the PEM file SQLPREVIEW_CA_FILE (default: Node's own), and
// a client certificate and its key from SQLPREVIEW_CERT_FILE and SQLPREVIEW_KEY_FILE.
import { readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
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
 * No sidecar answered: none runs at the address, the connection to it broke, or its
 * certificate is not trusted. cause is Node's own error.
 */
export class UnavailableError extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super("the sidecar cannot be reached", { cause });
    this.reason = "UNAVAILABLE";
  }
}

/**
 * TLS for an https address: PEM texts or Buffers.
 * @typedef {{ ca?: string | Buffer, cert?: string | Buffer, key?: string | Buffer }} TLSFiles
 *
 * @typedef {object} Options
 * @property {number} [attempts] how often a call is sent at most; default 3
 * @property {string | undefined} [token] a bearer token
 * @property {TLSFiles | undefined} [tls]
 */

/**
 * Where a request goes: a path of a unix socket, with or without "unix:", or an http
 * or https URL. A token goes in the clear to this machine alone.
 * @param {string} address
 * @param {Options} options
 */
function target(address, { token, tls }) {
  if (!/^https?:/.test(address)) {
    return { request: plainRequest, where: { socketPath: address.replace(/^unix:(\/\/)?/, ""), headers: { host: "localhost" } } };
  }
  const url = new URL(address);
  const secure = url.protocol === "https:";
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (!secure && !local && token !== undefined) throw new TypeError("a token would travel in the clear; use https");
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return {
    request: secure ? tlsRequest : plainRequest,
    where: { hostname, port: url.port || (secure ? 443 : 80), headers: { host: url.host }, ...(secure ? tls : {}) },
  };
}

/**
 * @param {string} address
 * @param {PreviewRequest} body
 * @param {Options} options
 * @returns {Promise<PreviewResponse>}
 */
function once(address, body, options) {
  const { request, where } = target(address, options);
  const { token } = options;
  return new Promise((resolve, reject) => {
    const out = request(
      {
        ...where,
        method: "POST",
        path: "/opdata.preview.v1.PreviewService/PreviewQuery",
        // A preview takes 10 s at most; the rest is for the way.
        timeout: 15_000,
        headers: {
          ...where.headers,
          "content-type": "application/json",
          "connect-protocol-version": "1",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      },
      (response) => {
        /** @type {Buffer[]} */
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", (error) => reject(new UnavailableError(error)));
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
    out.on("error", (error) => reject(new UnavailableError(error)));
    out.end(JSON.stringify(body));
  });
}

/**
 * Asks for a preview, and again while the sidecar says when to come back. That is
 * always safe: a preview changes nothing.
 * @param {string} address a unix socket's path, or an http or https URL
 * @param {PreviewRequest} body
 * @param {Options} [options]
 * @returns {Promise<PreviewResponse>}
 */
export async function preview(address, body, options = {}) {
  const { attempts = 3 } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(address, body, options);
    } catch (error) {
      if (!(error instanceof PreviewError) || error.retryAfterMs === undefined || attempt >= attempts) throw error;
      // A little longer than asked, so that not all come back together.
      await sleep(error.retryAfterMs * (1 + Math.random() / 4));
    }
  }
}

/** @returns {TLSFiles} */
function tlsFiles() {
  /** @param {string | undefined} file */
  const read = (file) => (file ? readFileSync(file) : undefined);
  const [ca, cert, key] = [env.SQLPREVIEW_CA_FILE, env.SQLPREVIEW_CERT_FILE, env.SQLPREVIEW_KEY_FILE].map(read);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** @param {string[]} args */
async function main([address, sql]) {
  if (address === undefined || sql === undefined) {
    stderr.write("usage: preview.mjs SOCKET-OR-URL SQL\n");
    return 2;
  }
  try {
    const answer = await preview(address, { sql }, { token: env.SQLPREVIEW_TOKEN, tls: tlsFiles() });
    stdout.write(answer.columns.map((column) => column.name ?? "").join("\t") + "\n");
    for (const row of answer.rows ?? []) {
      stdout.write(row.cells.map((cell) => (cell.text === undefined ? "NULL" : JSON.stringify(cell.text))).join("\t") + "\n");
    }
    for (const { reason } of answer.truncations ?? []) stdout.write(`bounded: ${reason}\n`);
    return 0;
  } catch (error) {
    const reason = error instanceof PreviewError || error instanceof UnavailableError ? error.reason : "INTERNAL";
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
