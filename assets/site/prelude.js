// The first script of a site's page. From a disk a browser loads scripts, but neither modules nor data: so modules come in an import
// map as addresses that hold them, and each run, and each still picture, as a script that calls `azl.came`.

window.azl = {
  lab: new URL("./", /** @type {HTMLScriptElement} */ (document.currentScript).src).href,
  here: {}, // what has come, by name
  terms: {},
  laboratory: "", // the address of a live one
  begin({ imports, terms }) {
    this.terms = terms;
    const map = document.createElement("script");
    map.type = "importmap";
    map.textContent = JSON.stringify({ imports });
    document.head.append(map);
  },
  came(name, content) {
    this.here[name] = content;
  },
};

