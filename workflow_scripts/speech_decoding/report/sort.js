// A click on a column's head sorts its table, by numbers where there are numbers.
document.addEventListener("click", (event) => {
  const head = event.target.closest(".sortable thead th");
  if (!head) return;
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
});
