// Every element of the page is made here. Text goes in as text nodes: nothing in
// the page parses HTML, and the page's policy (Trusted Types) forbids it.

type Attributes = Record<string, string | boolean | undefined>;

/** Makes an element. An attribute that is false or undefined is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (typeof value === "string") made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Finds an element of index.html. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
}

/** Text from the database or the server, set apart so that its direction changes nothing around it. */
export function foreign(text: string, className?: string): HTMLElement {
  return element("bdi", { class: className, dir: "auto" }, text);
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
