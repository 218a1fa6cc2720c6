// Live pages: an element with data-stream listens to the server and tells htmx, which then fetches
// the part anew by hx-trigger="progress". Where the stream cannot be had, hx-trigger's own "every"
// does the work.
import htmx from "htmx.org";

const open = new WeakSet();

function listen(root) {
  for (const element of root.querySelectorAll("[data-stream]")) {
    if (open.has(element)) continue;
    open.add(element);
    const stream = new EventSource(element.dataset.stream);
    stream.addEventListener("progress", () => {
      if (element.isConnected) htmx.trigger(element, "progress");
      else stream.close();
    });
    stream.addEventListener("end", () => {
      stream.close();
      if (element.isConnected) htmx.trigger(element, "progress");
    });
  }
}

export function startStreams() {
  listen(document);
  document.addEventListener("htmx:load", (event) => listen(event.detail.elt.parentElement ?? document));
}
