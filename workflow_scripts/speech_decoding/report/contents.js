// The table of contents: beside the text on a wide screen, folded above it on a narrow one.
const contents = document.querySelector("nav details");
if (contents) {
  const wide = matchMedia("(min-width: 72rem)");
  const fold = () => {
    contents.open = wide.matches;
  };
  wide.addEventListener("change", fold);
  contents.addEventListener("click", (event) => event.target.closest("a") && fold());
  fold();
  // The section at the top of the window is marked.
  const mark = ({ target, isIntersecting }) => {
    const link = contents.querySelector(`a[href="#${target.id}"]`);
    if (isIntersecting) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  };
  const observer = new IntersectionObserver((entries) => entries.forEach(mark), {
    rootMargin: "-12% 0px -87% 0px",
  });
  document.querySelectorAll("main > section").forEach((section) => observer.observe(section));
}
