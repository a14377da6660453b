/** Puts a text on the clipboard; false when the browser does not let us. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page that came over plain HTTP from another machine has no clipboard
    // object; the copy event still lets it write.
    return copyByEvent(text);
  }
}

function copyByEvent(text: string): boolean {
  let done = false;
  const write = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    done = true;
  };
  document.addEventListener("copy", write, { once: true, capture: true });
  document.execCommand("copy");
  document.removeEventListener("copy", write, { capture: true });
  return done;
}
