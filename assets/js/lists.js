// Lists: j and k move the focus from row to row, x ticks the row, a box in the head ticks them all.
// An element with data-ticked shows how many rows are ticked, and is hidden while there are none.
const rowsOf = (list) => [...list.querySelectorAll("tbody tr")];

function move(list, step) {
  const rows = rowsOf(list);
  const present = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[present < 0 ? (step > 0 ? 0 : rows.length - 1) : present + step];
  const target = next?.querySelector("a, button, input");
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
}

function count(list) {
  const scope = list.closest("form") ?? document;
  const ticked = list.querySelectorAll(".tick-cell input[name]:checked").length;
  for (const place of scope.querySelectorAll("[data-ticked]")) {
    place.hidden = ticked === 0;
    const number = place.querySelector("[data-count]");
    if (number) number.textContent = String(ticked);
  }
}

export function startLists() {
  document.addEventListener("keydown", (event) => {
    const list = document.querySelector("table[data-list]");
    if (!list || !document.body.dataset.shortcuts || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("input, select, textarea");
    if ((field && field.type !== "checkbox") || document.querySelector("dialog[open]")) return;
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      move(list, event.key === "j" ? 1 : -1);
    } else if (event.key === "x") {
      document.activeElement.closest("tr")?.querySelector(".tick-cell input")?.click();
    }
  });
  document.addEventListener("change", (event) => {
    const list = event.target.closest("table");
    if (!list || !event.target.closest(".tick-cell")) return;
    if (event.target.matches("[data-tick-all]"))
      for (const box of list.querySelectorAll(".tick-cell input[name]"))
        box.checked = event.target.checked;
    count(list);
  });
  for (const list of document.querySelectorAll("table[data-list]")) count(list);
}
