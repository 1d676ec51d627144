// Runs before the first paint, so that no wrong theme flashes. A classic script on purpose.
(() => {
  try {
    const theme = localStorage.getItem("relevo.lab.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is closed to this page: the system's theme it is.
  }
})();
