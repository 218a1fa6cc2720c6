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

// A form is on its way: pressing again sends nothing until the answer is there. The answer may be
// a file, after which the page still stands.
const ON_ITS_WAY_MILLISECONDS = 10_000;

function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  window.setTimeout(() => delete form.dataset.sent, ON_ITS_WAY_MILLISECONDS);
}

// A page is left with words typed and not sent, not by its own "Cancel": the browser asks first.
const WORDS =
  "main form[method=post] :is(textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=password], [type=search]))";

function askBeforeLeaving(event) {
  if (document.querySelector("form[data-sent]")) return;
  if (document.activeElement.closest(".buttons a")) return;
  for (const field of document.querySelectorAll(WORDS))
    if (field.value !== field.defaultValue) event.preventDefault();
}

// Says that a file is too large before it is sent for nothing.
function refuseLarge(input) {
  const most = Number(input.dataset.most) * 1024 * 1024;
  const large = [...input.files].find((file) => file.size > most);
  input.setCustomValidity(large ? `${large.name}: ${input.dataset.refused}` : "");
  input.reportValidity();
}

export function startSmall() {
  document.addEventListener("submit", sendOnce);
  window.addEventListener("beforeunload", askBeforeLeaving);
  // What has been changed since is not what is on its way: other labels, another file.
  document.addEventListener("change", ({ target }) => delete target.form?.dataset.sent);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  document
    .querySelector(".tabs [aria-current]")
    ?.scrollIntoView({ block: "nearest", inline: "center" });
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
    if (event.target.matches("[data-most]")) refuseLarge(event.target);
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
}
