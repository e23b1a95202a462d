// The head of a column is a button that sorts its table, by numbers where there are numbers.
for (const head of document.querySelectorAll(".sortable thead th")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(head));
  head.append(button);
}

function sort(head) {
  const table = head.closest("table");
  const column = [...head.parentNode.children].indexOf(head);
  const descending = head.getAttribute("aria-sort") === "ascending";
  const value = (row) => {
    const cell = row.children[column];
    const text = cell.dataset.value ?? cell.textContent.trim().replace(/,/g, "");
    const number = parseFloat(text);
    return /^[-\d.]/.test(text) && !Number.isNaN(number) ? number : text;
  };
  const order = (one, other) =>
    typeof one === "number" && typeof other === "number"
      ? one - other
      : String(one).localeCompare(String(other), "en", { numeric: true });
  for (const body of table.tBodies) {
    const rows = [...body.rows].sort((one, other) => order(value(one), value(other)));
    body.append(...(descending ? rows.reverse() : rows));
  }
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
}
