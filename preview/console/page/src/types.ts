// The JSON forms of opdata/preview/v1/preview.proto that the page uses. Protobuf's
// JSON leaves out what is empty, zero or false, and writes 64-bit numbers and
// durations ("0.012s") as strings.

export type ChangeKind =
  | "CHANGE_TRUNCATED"
  | "CHANGE_INVALID_UTF8"
  | "CHANGE_CONTROL"
  | "CHANGE_BIDI"
  | "CHANGE_INVISIBLE"
  | "CHANGE_COMBINING_LIMIT"
  | "CHANGE_MASKED_VALUE"
  | "CHANGE_MASKED_COLUMN"
  | "CHANGE_FORMULA_LIKE"
  | "CHANGE_DIRECTION_MARK";

export interface CellChanges {
  kinds?: ChangeKind[];
  originalBytes?: string;
  originalCharacters?: string;
  replacements?: { kind: ChangeKind; count?: number }[];
  detector?: string;
  mediaType?: string;
}

export interface Cell {
  /** Absent for NULL. */
  text?: string;
  changes?: CellChanges;
}

export interface Column {
  name?: string;
  type?: string;
  typeOid?: number;
  category?: string;
  originTable?: string;
  originColumn?: string;
  changes?: CellChanges;
  /** Why all values of the column are masked. */
  masking?: { rule?: string; source?: string; hint?: string };
}

export interface Truncation {
  reason?: string;
  limit?: string;
  rows?: number;
}

export interface Stats {
  check?: string;
  queue?: string;
  connect?: string;
  catalog?: string;
  execute?: string;
  fetch?: string;
  sanitize?: string;
  total?: string;
  rows?: number;
  bytes?: string;
  bytesReceived?: string;
}

export interface PreviewQueryResponse {
  requestId?: string;
  columns?: Column[];
  rows?: { cells?: Cell[] }[];
  truncations?: Truncation[];
  sanitization?: { policyVersion?: string; cellsChanged?: number; counts?: { kind: ChangeKind; cells?: number }[] };
  stats?: Stats;
  receipt?: { sqlFingerprint?: string; schemaFingerprint?: string; payloadSha256?: string; tables?: string[] };
}

export interface Position {
  line?: number;
  column?: number;
  /** Byte offsets into the text that was sent; end is exclusive. */
  offset?: number;
  end?: number;
}

export interface Violation extends Position {
  reason?: string;
  rule?: string;
  message?: string;
  hint?: string;
}

export interface ValidateQueryResponse {
  allowed?: boolean;
  violations?: Violation[];
  tables?: string[];
}

export interface TableColumn {
  name?: string;
  sqlName?: string;
  type?: string;
  notNull?: boolean;
  masked?: boolean;
  comment?: string;
}

export interface Table {
  schema?: string;
  name?: string;
  /** Empty where sanitizing would change the name: then it cannot be written. */
  sqlName?: string;
  kind?: string;
  comment?: string;
  rowEstimate?: string;
  columns?: TableColumn[];
  primaryKey?: string[];
  columnsOmitted?: number;
}

export interface ListTablesResponse {
  tables?: Table[];
  nextPageToken?: string;
}

export interface ListConnectionsResponse {
  connections?: { id?: string; label?: string }[];
  nextPageToken?: string;
}
