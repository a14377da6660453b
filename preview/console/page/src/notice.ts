// The line below the top bar: why the page cannot ask any more, and how to go on.

import { byId, element } from "./dom";

const bar = byId("notice");

/** Shows a text; an empty one hides the line. */
export function notice(text: string): void {
  bar.hidden = text === "";
  bar.replaceChildren(text);
}

/** Asks for a bearer token. entered returns what is wrong with it, or an empty text. */
export function askToken(entered: (token: string) => Promise<string>): void {
  const input = element("input", { id: "token", type: "password", autocomplete: "off", required: true, spellcheck: "false", "aria-describedby": "token-fault" });
  const fault = element("span", { id: "token-fault", class: "token-fault" });
  const form = element(
    "form",
    { class: "token" },
    element("label", { for: "token" }, "Bearer token"),
    input,
    element("button", { type: "submit", class: "primary" }, "Continue"),
    element("span", { class: "token-note" }, "Kept in this page's memory only."),
    fault,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.textContent = "";
    const typed = input.value.trim();
    // An Authorization header takes visible ASCII only.
    fault.textContent = /^[\x21-\x7e]+$/.test(typed) ? await entered(typed) : "A token has no blanks and no letters outside ASCII.";
    if (fault.textContent) input.select();
  });
  bar.replaceChildren(form);
  bar.hidden = false;
  input.focus();
}
