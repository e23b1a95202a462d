// Closed tables of numbers are open on paper; the pictures of recordings stay closed.
addEventListener("beforeprint", () => {
  for (const closed of document.querySelectorAll("details.numbers:not([open])")) {
    closed.open = true;
    closed.dataset.forPrint = "";
  }
});
addEventListener("afterprint", () => {
  for (const opened of document.querySelectorAll("details[data-for-print]")) {
    opened.open = false;
    delete opened.dataset.forPrint;
  }
});
