// The menu of narrow screens and the drop-downs: closed by Escape and by a click beside them.
export function startMenu() {
  const menu = document.getElementById("menu");
  const opener = document.querySelector(".menu-opener");
  if (menu && opener) {
    const set = (isOpen) => {
      menu.classList.toggle("is-open", isOpen);
      opener.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) menu.querySelector("a")?.focus();
    };
    opener.setAttribute("role", "button");
    set(false);
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      set(!menu.classList.contains("is-open"));
    });
    menu.querySelector(".menu-closer")?.addEventListener("click", (event) => {
      event.preventDefault();
      set(false);
      opener.focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.classList.contains("is-open")) {
        set(false);
        opener.focus();
      }
    });
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target) && !opener.contains(event.target)) {
        menu.classList.remove("is-open");
        opener.setAttribute("aria-expanded", "false");
      }
    });
  }
  const drops = () => document.querySelectorAll("details[data-drop][open]");
  document.addEventListener("click", (event) => {
    for (const drop of drops()) if (!drop.contains(event.target)) drop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const drop of drops()) {
      drop.open = false;
      drop.querySelector("summary").focus();
    }
  });
}
