// What a lecture hall needs on every page: the presenter's view, the keys, a QR code of what is shown, words explained where they
// stand, names that can be read out. The first page loads it, before Streamlit has begun.

import { listen } from "./keys.js";
import { speakNames } from "./names.js";
import { openNotes } from "./notes.js";
import { present, presenting } from "./presenter.js";
import { showCode } from "./code.js";
import { explainTerms } from "./terms.js";

listen([
  { key: "p", does: "the presenter’s view: large, nothing but the picture and its words", act: () => present(!presenting()) },
  { key: "q", does: "a QR code of exactly what is shown", act: showCode },
  { key: "n", does: "the speaker’s notes of a lecture, in a second window", act: () => openNotes("./notes") },
]);
explainTerms();
speakNames();
