// Arrow keys lead from a device of the network map to the nearest one on that side. Without scripts
// the tab key walks them in the order of their names.
const SIDES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function middle(node) {
  const box = node.querySelector("rect").getBBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

// How far a node is on a side; what lies across counts double, what lies behind not at all.
function distance([x, y], node, [dx, dy]) {
  const [otherX, otherY] = middle(node);
  const ahead = (otherX - x) * dx + (otherY - y) * dy;
  const across = Math.abs((otherX - x) * dy) + Math.abs((otherY - y) * dx);
  return ahead > 1 ? ahead + 2 * across : Infinity;
}

export function startMap() {
  document.addEventListener("keydown", (event) => {
    const side = SIDES[event.key];
    const node = event.target.closest(".map-node");
    if (!side || !node || event.altKey || event.ctrlKey || event.metaKey) return;
    const start = middle(node);
    let best = null;
    let least = Infinity;
    for (const other of node.closest("svg").querySelectorAll(".map-node")) {
      const far = distance(start, other, side);
      if (far < least) [best, least] = [other, far];
    }
    event.preventDefault();
    best?.focus();
    best?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
