// Runs in the head before anything is painted, so that no theme flashes. A page without scripts stays light.
{
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (root.dataset.wish === "auto") root.dataset.theme = dark.matches ? "dark" : "light";
  };
  root.classList.add("scripted");
  follow();
  dark.addEventListener("change", follow);
}
