// What is put into somebody's page: assets/hall/sharing.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlOf } from "../../assets/hall/sharing.js";

const sourceOf = (html) => html.match(/src="([^"]+)"/)[1].replaceAll("&amp;", "&");

test("a page that is one picture gives it alone, with controls, or whole", () => {
  const link = "https://lab.example/?landscape=torus&seed=3";
  assert.equal(sourceOf(htmlOf(link, "picture", [])), `${link}&embed=true`);
  assert.equal(sourceOf(htmlOf(link, "controls", ["learning_rate", "seed"])), `${link}&embed=true&controls=learning_rate,seed`);
  assert.equal(sourceOf(htmlOf(link, "page", [])), link);
});

test("another page is whole without its heading", () => {
  assert.equal(sourceOf(htmlOf("https://lab.example/?view=densities", "page", [])), "https://lab.example/?view=densities&embed=true");
});
