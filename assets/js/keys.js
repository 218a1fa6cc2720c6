// Keyboard: single letters act outside of fields and only where the account has them on.
import { openDialog } from "./dialogs.js";

const FIELDS = "input, select, textarea, [contenteditable]";
const AFTER_G_MILLISECONDS = 1500;
let goingSince = -Infinity;

const isTyping = (target) =>
  target.matches(FIELDS) && !["checkbox", "radio", "button"].includes(target.type);

// An entry of a group that the menu of this page shows closed.
function goToClosed(key) {
  const letters = JSON.parse(document.getElementById("menu")?.dataset.letters ?? "{}");
  if (!Object.hasOwn(letters, key)) return false;
  window.location.assign(letters[key]);
  return true;
}

function act(key) {
  if (performance.now() - goingSince < AFTER_G_MILLISECONDS) {
    goingSince = -Infinity;
    const entry = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (entry) entry.click();
    else return goToClosed(key);
    return true;
  }
  if (key === "g") {
    goingSince = performance.now();
    return true;
  }
  if (key === "/") {
    const field = document.querySelector("[data-search]");
    field?.focus();
    field?.select();
    return Boolean(field);
  }
  if (key === "?") {
    openDialog(document.body.dataset.shortcuts);
    return true;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  target?.click();
  return Boolean(target);
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.target.closest("form")?.requestSubmit();
      return;
    }
    if (!document.body.dataset.shortcuts || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (act(event.key)) event.preventDefault();
  });
}
