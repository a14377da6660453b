// What the page knows of the connection's tables: the tree and the completion both
// ask here, so that each question goes to the sidecar once.

import { call } from "./session";
import type { ListTablesResponse, Table } from "./types";

/** The most tables that are kept; past it a filter asks the sidecar. */
const maxTables = 2000;
/** Pages of a listing that are asked for one filter; the sidecar may answer with empty ones. */
const maxPages = 50;

export interface Listing {
  tables: Table[];
  /** Whether there are no more. */
  complete: boolean;
}

export function tableKey(table: Table): string {
  return JSON.stringify([table.schema ?? "", table.name ?? ""]);
}

export class Schema {
  listing: Listing = { tables: [], complete: false };
  private described = new Map<string, Promise<Table>>();
  private loading = new AbortController();

  constructor(readonly connection: string) {}

  /** Reads the list of tables. Throws a Failure. */
  async load(): Promise<void> {
    this.listing = await this.list("", this.loading.signal);
  }

  /** Lists the tables whose name contains pattern. Throws a Failure, or an AbortError. */
  async list(pattern: string, signal: AbortSignal): Promise<Listing> {
    const tables: Table[] = [];
    let pageToken = "";
    for (let page = 0; page < maxPages && tables.length < maxTables; page++) {
      const answer = await call<ListTablesResponse>(
        "ListTables",
        { connectionId: this.connection, pattern, pageToken },
        signal,
      );
      tables.push(...(answer.tables ?? []));
      pageToken = answer.nextPageToken ?? "";
      if (!pageToken) return { tables, complete: true };
    }
    return { tables, complete: false };
  }

  /** Returns the table with its columns, asked for once. Throws a Failure. */
  describe(table: Table): Promise<Table> {
    if (!table.sqlName) return Promise.resolve(table);
    const key = tableKey(table);
    let answer = this.described.get(key);
    if (!answer) {
      answer = call<{ table?: Table }>(
        "DescribeTable",
        { connectionId: this.connection, table: table.sqlName },
        this.loading.signal,
      ).then((r) => r.table ?? table);
      this.described.set(key, answer);
      // What failed is asked again the next time.
      answer.catch(() => this.described.delete(key));
    }
    return answer;
  }

  /** Ends what is still being asked. */
  close(): void {
    this.loading.abort();
  }
}
