// What the tests ask the page, evaluated in it: reading what a user sees, and proving
// that what came from a database or a query changed nothing but its own place.
globalThis.probe = (() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const result = () => document.getElementById("result");

  /** The text of a cell without its badges, null for NULL. */
  function valueOf(cell) {
    if (one(".null", cell)) return null;
    const value = one("bdi", cell) ?? cell;
    return value.textContent;
  }

  function rows() {
    return all("tbody tr", result()).map((tr) => all("td", tr).map((td) => ({
      text: valueOf(td) ?? "",
      isNull: valueOf(td) === null,
      cut: td.classList.contains("more") || one("bdi.more", td) !== null,
      badges: all(".badge", td).map((b) => b.textContent),
    })));
  }

  function columns() {
    return all("thead th", result()).slice(1).map((th) => ({
      name: one(".name", th)?.textContent ?? "",
      type: one(".type", th).textContent,
      badges: all(".badge", th).map((b) => b.textContent),
      number: th.classList.contains("number"),
    }));
  }

  function faults() {
    return all(".fault", result()).map((f) => ({
      message: one(".fault-message", f).textContent,
      hint: one(".fault-hint", f)?.textContent ?? "",
      excerpt: one(".excerpt", f)?.textContent ?? "",
      mark: one("mark", f)?.textContent ?? "",
    }));
  }

  // The elements that the page is made of. Nothing that loads, runs, styles or submits
  // is among them but for the three of index.html and the editor's style element.
  const known = new Set(("html head meta title link script body header h1 h2 h3 button span label select option div nav input ul li p main section " +
    "aside table thead tbody tr th td bdi kbd code pre mark dl dt dd style br form noscript img").split(" "));

  /** Says what is not as the page alone would have made it. */
  function strange() {
    const found = [];
    for (const e of all("*")) {
      const name = e.localName;
      if (!known.has(name)) found.push("element " + name);
      if (e.namespaceURI !== "http://www.w3.org/1999/xhtml") found.push("foreign element " + name);
      for (const a of e.attributes) {
        if (/^on|^(srcdoc|formaction|action|background|ping|is|slot)$/.test(a.name)) found.push(`attribute ${a.name} of ${name}`);
        if (/^(href|src)$/.test(a.name) && !/^\/console\//.test(a.value)) found.push(`${a.name} of ${name}: ${a.value}`);
      }
    }
    for (const [name, count] of [["script", 1], ["link", 2], ["title", 1], ["base", 0], ["iframe", 0], ["noscript", 1], ["h1", 1], ["main", 1]]) {
      if (all(name).length !== count) found.push(`${all(name).length} of ${name}`);
    }
    // The editor's own, the one that the browser let in by its nonce.
    if (all("style").some((s) => !s.nonce)) found.push("a style element without the nonce");
    // CodeMirror marks the ends of its lines with such images, which have no source.
    if (all("img").some((i) => !i.classList.contains("cm-widgetBuffer") || i.hasAttribute("src"))) found.push("an image");
    if (document.title !== "sqlpreview console") found.push("title " + document.title);
    if (one("h1").textContent !== "sqlpreview") found.push("heading");
    if (location.pathname + location.search + location.hash !== "/") found.push("address " + location.href);
    if (({}).polluted !== undefined || Object.keys(Object.prototype).length > 0) found.push("a prototype");
    if (globalThis.alerted) found.push("a script ran");
    return found;
  }

  /** Where the parts of the page are that nothing may move. */
  function places() {
    return ["header.top", "#tables", "#filter", "#work", "#editor", "#run", "#split", "#result"].map((selector) => {
      const box = one(selector).getBoundingClientRect();
      return `${selector} ${[box.x, box.y, box.width, box.height].map((n) => Math.round(n * 10) / 10)}`;
    });
  }

  /** Says which cells of the table are not where their row and column are. */
  function misplaced() {
    const found = [];
    const heads = all("thead th", result()).map((th) => th.getBoundingClientRect());
    const height = one("tbody tr", result())?.getBoundingClientRect().height;
    all("tbody tr", result()).forEach((tr, i) => {
      const row = tr.getBoundingClientRect();
      if (Math.abs(row.height - height) > 0.5) found.push(`row ${i + 1} is ${row.height} high, not ${height}`);
      [...tr.cells].forEach((cell, j) => {
        const box = cell.getBoundingClientRect();
        const head = heads[j];
        if (Math.abs(box.x - head.x) > 0.5 || Math.abs(box.width - head.width) > 0.5 || box.bottom > row.bottom + 0.5) found.push(`row ${i + 1}, cell ${j}`);
      });
    });
    return found;
  }

  /** What a screen reader and a keyboard reach: the names of what has the focus. */
  function focused() {
    const e = document.activeElement;
    if (!e || e === document.body) return "";
    if (e.closest(".cm-editor")) return "editor";
    if (e.matches("td, th")) {
      const tr = e.parentElement;
      return `cell ${tr.parentElement.localName === "thead" ? 0 : tr.rowIndex},${e.cellIndex}`;
    }
    return e.id || e.getAttribute("aria-label") || e.textContent.trim();
  }

  /** Where something of this page could have been kept. */
  async function kept() {
    return {
      local: localStorage.length, session: sessionStorage.length, cookies: document.cookie, caches: (await caches.keys()).length,
      databases: (await indexedDB.databases()).length, state: JSON.stringify(history.state), address: location.href, name: window.name,
    };
  }

  const settled = () => !result().classList.contains("stale") && result().getAttribute("aria-busy") !== "true";

  function key(target, name, code, ctrlKey) {
    target.dispatchEvent(new KeyboardEvent("keydown", { key: name, keyCode: code, ctrlKey, bubbles: true, cancelable: true }));
  }

  /** Replaces the query by pasting. */
  function write(text) {
    const content = one(".cm-content");
    content.focus();
    key(content, "a", 65, true);
    if (text === "") {
      key(content, "Backspace", 8, false);
      return;
    }
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    content.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }

  /** Runs what is in the editor and waits for the answer or the failure. */
  function run() {
    return new Promise((done) => {
      const before = result().firstElementChild;
      const look = new MutationObserver(() => {
        if (result().firstElementChild === before || !settled()) return;
        look.disconnect();
        done();
      });
      look.observe(result(), { childList: true, attributes: true });
      key(one(".cm-content"), "Enter", 13, true);
    });
  }

  /** Presses a key on what has the focus. */
  function press(key) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }

  return { one, all, rows, columns, faults, strange, places, misplaced, focused, kept, settled, write, run, press, valueOf };
})();
