// The pages work without any of this; scripts add htmx, dialogs, keys and small comforts.
import htmx from "htmx.org";
import { startDialogs } from "./dialogs.js";
import { startInventory } from "./inventory.js";
import { startKeys } from "./keys.js";
import { startLists } from "./lists.js";
import { startMap } from "./map.js";
import { startMenu } from "./menu.js";
import { startSmall } from "./small.js";
import { startStreams } from "./streams.js";

window.htmx = htmx;

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (event.detail.verb !== "get" && token) event.detail.headers["X-CSRFToken"] = token.content;
});

startMenu();
startDialogs();
startKeys();
startLists();
startMap();
startInventory();
startSmall();
startStreams();
