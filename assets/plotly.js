// plotly.js in partial bundles, each a third of the whole. One comes when first asked for, and Streamlit's copy for its charts never
// replaces it.

const SPATIAL = new Set(["surface", "mesh3d", "scatter3d", "cone", "streamtube", "isosurface", "volume"]);
const coming = {};
let expecting = null;
/** @type {any} */
let first = document.getElementById("plotly"); // where the page has asked for it by itself

// A promise of the library that draws `figure`.
export function plotly({ data, layout }) {
  const spatial = layout?.scene !== undefined || data.some(({ type }) => SPATIAL.has(type));
  return load(spatial ? "gl3d" : "cartesian");
}

function load(bundle) {
  coming[bundle] ??= new Promise((resolve, reject) => {
    const script = first?.src.includes(bundle) ? first : document.createElement("script");
    first = null;
    if (script.library) return resolve(script.library);
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      delete coming[bundle]; // the next picture asks anew
      reject(new Error("plotly.js did not arrive."));
    });
    if (script.isConnected) return;
    script.src = new URL(`plotly/plotly-${bundle}.min.js`, import.meta.url).href;
    document.head.append(script);
  });
  return coming[bundle];
}

if (first) load(first.src.includes("gl3d") ? "gl3d" : "cartesian");

// For pictures that may become spatial: the other bundle is fetched, not run, once the first one has had its time.
export function expectSpatial() {
  expecting ??= setTimeout(() => {
    const link = document.createElement("link");
    link.rel = "prefetch";
    link.as = "script";
    link.href = new URL("plotly/plotly-gl3d.min.js", import.meta.url).href;
    document.head.append(link);
  }, 4000);
}
