// The page's own plotly.js, from the installed package: it comes once, early, and Streamlit's copy for its charts never replaces it.

export const plotly = new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL("plotly.min.js", import.meta.url);
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => reject(new Error("plotly.js did not arrive."));
  document.head.append(script);
});
