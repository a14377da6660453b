// What was done to a value, in words.

import { element } from "./dom";
import type { CellChanges, ChangeKind, Column } from "./types";

type Tone = "cut" | "changed" | "masked" | "advice";

interface Word {
  tone: Tone;
  /** What the badge says. */
  badge: string;
  /** What happened, for the details. */
  sentence: string;
}

// In the order in which a badge is chosen where several apply.
const words = new Map<ChangeKind, Word>([
  ["CHANGE_MASKED_COLUMN", { tone: "masked", badge: "masked", sentence: "The whole value is masked, because of its column." }],
  ["CHANGE_MASKED_VALUE", { tone: "masked", badge: "masked", sentence: "A secret in the value is masked." }],
  ["CHANGE_TRUNCATED", { tone: "cut", badge: "cut", sentence: "The value was longer than a cell may be, and is cut." }],
  ["CHANGE_INVALID_UTF8", { tone: "changed", badge: "changed", sentence: "Bytes that are not UTF-8 were replaced by �." }],
  ["CHANGE_CONTROL", { tone: "changed", badge: "changed", sentence: "Control characters were replaced by �." }],
  ["CHANGE_BIDI", { tone: "changed", badge: "changed", sentence: "Characters that turn the direction of text were replaced by �." }],
  ["CHANGE_INVISIBLE", { tone: "changed", badge: "changed", sentence: "Invisible characters were replaced by � or removed." }],
  ["CHANGE_COMBINING_LIMIT", { tone: "changed", badge: "changed", sentence: "Marks stacked on one letter were replaced by �." }],
  ["CHANGE_FORMULA_LIKE", { tone: "advice", badge: "formula-like", sentence: "Unchanged. A spreadsheet could take the value for a formula; copying as CSV guards against that." }],
  ["CHANGE_DIRECTION_MARK", { tone: "advice", badge: "direction mark", sentence: "Unchanged. The value holds an invisible direction mark." }],
]);

/** A kind that this page does not know: the sidecar is newer. */
const unknown: Word = { tone: "changed", badge: "changed", sentence: "The value was changed in a way that this page has no words for." };

const number = new Intl.NumberFormat("en");

export function formatNumber(text: string | number): string {
  const n = Number(text);
  return Number.isFinite(n) ? number.format(n) : String(text);
}

export function plural(n: number, what: string): string {
  return `${formatNumber(n)} ${what}${n === 1 ? "" : "s"}`;
}

function wordsOf(changes: CellChanges | undefined): Word[] {
  const kinds = changes?.kinds ?? [];
  const found = [...words].filter(([kind]) => kinds.includes(kind)).map(([, word]) => word);
  if (kinds.some((k) => !words.has(k))) found.push(unknown);
  return found;
}

/** Names a kind in a sum, for instance "3 cut". */
export function kindWord(kind: ChangeKind): string {
  return kind.replace("CHANGE_", "").replaceAll("_", " ").toLowerCase();
}

/** Whether the text is not the database's own. */
export function isCut(changes: CellChanges | undefined): boolean {
  return changes?.kinds?.includes("CHANGE_TRUNCATED") ?? false;
}

/** Says everything that was done, a sentence each; empty when nothing was. */
export function describeChanges(changes: CellChanges | undefined): string[] {
  const sentences = wordsOf(changes).map((w) => w.sentence);
  if (!changes || sentences.length === 0) return changes?.mediaType ? [`Binary: ${changes.mediaType}.`] : [];
  if (changes.detector) sentences.push(`Found by: ${changes.detector}.`);
  for (const r of changes.replacements ?? []) {
    if (r.count) sentences.push(`${plural(r.count, "character")} replaced (${kindWord(r.kind)}).`);
  }
  // A masked value's length is not told: the server sends -1.
  const bytes = Number(changes.originalBytes ?? "-1");
  if (bytes >= 0) {
    const characters = changes.originalCharacters;
    sentences.push(
      characters && Number(characters) >= 0
        ? `In the database: ${plural(Number(characters), "character")}, ${plural(bytes, "byte")}.`
        : `In the database: ${plural(bytes, "byte")}.`,
    );
  }
  if (changes.mediaType) sentences.push(`Binary: ${changes.mediaType}.`);
  return sentences;
}

/** What the badges of a column's header tell: of its name, and of a mask over its values. */
export function headChanges(column: Column): CellChanges {
  const kinds = column.changes?.kinds ?? [];
  return { kinds: column.masking ? ["CHANGE_MASKED_COLUMN", ...kinds] : kinds };
}

/** Says what was done to a column's name and values. */
export function describeColumn(column: Column): string[] {
  const sentences = describeChanges(column.changes).map((s) => "Name: " + s);
  const { masking } = column;
  if (masking) sentences.unshift(`All values are masked (${masking.rule ?? "masked"}): ${masking.hint ?? ""}.`);
  return sentences;
}

/** What the badges of a value say, the gravest first. */
export function badgeWords(changes: CellChanges | undefined): string[] {
  return [...new Set(wordsOf(changes).map((w) => w.badge))];
}

/** The badges of a value. */
export function badges(changes: CellChanges | undefined): HTMLElement[] {
  const tones = new Map(wordsOf(changes).map((w) => [w.badge, w.tone]));
  return [...tones].map(([badge, tone]) => element("span", { class: "badge " + tone }, badge));
}
