// A link with data-dialog leads to a page that asks or tells; here the part of that page marked
// data-confirm is shown over the present one. The browser gives the focus back when it closes.
import htmx from "htmx.org";

export async function openDialog(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.querySelector("[data-confirm]");
  if (!answer.ok || !part) {
    window.location.assign(url);
    return;
  }
  const dialog = document.createElement("dialog");
  const title = part.querySelector("h2");
  title.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(document.adoptNode(part));
  document.body.append(dialog);
  htmx.process(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog && !event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.showModal();
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    link.closest("details[data-drop]")?.removeAttribute("open");
    openDialog(link.href);
  });
}
