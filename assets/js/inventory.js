// The inventory: hits under the search box while one types, decisions on the row in hand, filters
// that fold away on narrow screens. Without scripts the box leads to the list, and all is open.
import htmx from "htmx.org";

const PAUSE_MILLISECONDS = 200;
const NARROW = "(max-width: 1400px)";

function startSuggestions() {
  const field = document.querySelector("[data-search]");
  if (!field) return;
  const box = document.createElement("div");
  box.className = "suggestion-box";
  box.hidden = true;
  field.form.append(box);
  let timer = 0;
  const close = () => {
    window.clearTimeout(timer);
    box.hidden = true;
  };
  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    const text = field.value.trim();
    if (!text) return close();
    timer = window.setTimeout(async () => {
      const url = `${field.form.getAttribute("action")}/suggest?q=${encodeURIComponent(text)}`;
      await htmx.ajax("GET", url, { target: box, swap: "innerHTML" });
      box.hidden = field.value.trim() !== text;
    }, PAUSE_MILLISECONDS);
  });
  field.form.addEventListener("keydown", (event) => {
    if (box.hidden) return;
    const links = [...box.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      close();
      field.focus();
    } else if (step && links.length) {
      event.preventDefault();
      const next = links.indexOf(document.activeElement) + step;
      (links[next] ?? (step > 0 ? links[0] : field)).focus();
    }
  });
  field.form.addEventListener("focusout", (event) => {
    if (!field.form.contains(event.relatedTarget)) close();
  });
}

// A letter or a button pressed while no row is ticked means the row that holds the focus.
function tickRowInHand(event) {
  const form = event.target;
  if (!form.matches("[data-bulk]")) return;
  const boxes = "input[name=id]:checked, input[name=all]:checked";
  if (form.querySelector(boxes)) return;
  const row = document.activeElement.closest("tbody tr");
  const box = row && form.contains(row) && row.querySelector("input[name=id]");
  if (box) box.checked = true;
  else event.preventDefault();
}

// Filters stay as the reader left them on this list; at first they are open where there is room.
function foldFilters() {
  for (const side of document.querySelectorAll("details[data-side]")) {
    const kept = sessionStorage.getItem(`filters ${side.dataset.side}`);
    side.open = kept === null ? !window.matchMedia(NARROW).matches : kept === "open";
  }
}

function keepFilters(event) {
  const side = event.target.closest?.("details[data-side] > summary")?.parentElement;
  if (side)
    sessionStorage.setItem(`filters ${side.dataset.side}`, side.open ? "folded" : "open");
}

// A list that htmx has just brought has no tick yet.
function hideBulk() {
  for (const bar of document.querySelectorAll("[data-bulk] [data-ticked]"))
    bar.hidden = !bar.closest("form").querySelector("input[name=id]:checked");
}

export function startInventory() {
  startSuggestions();
  document.addEventListener("submit", tickRowInHand, true);
  document.addEventListener("click", keepFilters);
  document.addEventListener("htmx:afterSwap", () => {
    foldFilters();
    hideBulk();
  });
  foldFilters();
}
