// The first module that main.ts imports, so that the link's token has left the
// address bar and the history before any other code of the page runs.

/** Takes the one-time token out of the address. Empty when there is none. */
export function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment !== "") history.replaceState(null, "", location.pathname + location.search);
  return fragment;
}

/** The token that the page was opened with. */
export const oneTime = takeFragment();
