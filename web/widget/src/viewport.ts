// A touch keyboard makes the visible part of the page smaller, and browsers do not tell the layout.

/** Less than this many pixels is low: the panel saves space. */
const low = 440;

/**
 * Keeps a panel that fills the screen within what is visible. Without visualViewport the browser resizes the page itself.
 * What before() returned ahead of a change is given to after() behind it.
 */
export function fitViewport<T>(panel: HTMLElement, fills: () => boolean, after: (was: T) => void, before: () => T): () => void {
  const view = window.visualViewport;
  const fit = () => {
    const was = before();
    // Zoomed in with two fingers a small visible part is what the visitor wants.
    const zoomed = view && Math.abs(view.scale - 1) > 0.01;
    const covered = view && !zoomed && fills() ? view : null;
    panel.style.height = covered ? covered.height + "px" : "";
    panel.style.top = covered ? covered.offsetTop + "px" : "";
    panel.style.bottom = covered ? "auto" : "";
    if (!zoomed && (view ? view.height : window.innerHeight) < low) panel.setAttribute("data-low", "");
    else panel.removeAttribute("data-low");
    after(was);
  };
  if (view) view.addEventListener("scroll", fit);
  (view || window).addEventListener("resize", fit);
  return fit;
}
