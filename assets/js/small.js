// Small comforts: focus on what needs it, copying, fields that select themselves, forms sent once.
// Says beside the button, and to a screen reader, that it is done.
function say(button) {
  if (!button.dataset.done || button.querySelector(".done")) return;
  const done = document.createElement("span");
  done.className = "done";
  done.setAttribute("role", "status");
  button.append(done);
  done.textContent = button.dataset.done;
  window.setTimeout(() => done.remove(), 2000);
}

export function startSmall() {
  document.querySelector("[data-focus]")?.focus();
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const source = document.getElementById(button.dataset.copy);
      navigator.clipboard.writeText(source.value ?? source.textContent);
      say(button);
    });
  }
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-select]")) event.target.select();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
}
