// The bar between the query and the result: dragged, or moved with the arrow keys.

import { byId } from "./dom";

const smallest = 15;
const largest = 80;

/** Lets the bar set how much of the height the query has, in percent. */
export function splitter(): void {
  const bar = byId("split");
  const work = byId("work");
  const columns = work.parentElement as HTMLElement;
  let share = 38;
  const set = (percent: number) => {
    share = Math.max(smallest, Math.min(largest, percent));
    columns.style.setProperty("--query-share", share + "%");
    bar.setAttribute("aria-valuenow", String(Math.round(share)));
  };
  bar.setAttribute("aria-valuemin", String(smallest));
  bar.setAttribute("aria-valuemax", String(largest));
  set(share);
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowUp: share - 4, ArrowDown: share + 4, Home: smallest, End: largest }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    set(step);
  });
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    const box = work.getBoundingClientRect();
    const drag = (e: PointerEvent) => set(((e.clientY - box.top) / box.height) * 100);
    bar.addEventListener("pointermove", drag);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", drag), { once: true });
  });
}
