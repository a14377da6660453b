// Where the time went.

import { element } from "./dom";
import type { Stats } from "./types";

const steps = [
  ["check", "Checking the text"],
  ["queue", "Waiting for a place"],
  ["connect", "Connecting"],
  ["catalog", "Asking the catalog"],
  ["execute", "Planning and executing"],
  ["fetch", "Fetching rows"],
  ["sanitize", "Cleaning values"],
] as const;

/** A protobuf duration ("0.012s") in milliseconds. */
export function milliseconds(duration: string | undefined): number {
  return duration?.endsWith("s") ? Number(duration.slice(0, -1)) * 1000 : 0;
}

export function formatTime(ms: number): string {
  if (ms >= 1000) return (ms / 1000).toFixed(2) + " s";
  if (ms >= 10) return Math.round(ms) + " ms";
  if (ms >= 0.1) return ms.toFixed(1) + " ms";
  return ms >= 0.01 ? ms.toFixed(2) + " ms" : "under 0.01 ms";
}

/** The steps that took time, with what they are called. */
export function stepsOf(stats: Stats): { key: string; label: string; ms: number }[] {
  return steps.map(([key, label]) => ({ key, label, ms: milliseconds(stats[key]) })).filter((s) => s.ms > 0);
}

/** One bar, a segment for each step, as wide as the step was long. */
export function timingBar(stats: Stats): HTMLElement {
  const bar = element("span", { class: "timing", "aria-hidden": "true" });
  for (const step of stepsOf(stats)) {
    const segment = element("span", { class: "step " + step.key });
    // Through the object model: the page's policy forbids style attributes.
    segment.style.flexGrow = String(step.ms);
    bar.append(segment);
  }
  return bar;
}
