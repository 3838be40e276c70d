// The lecturer's side of a room: how the class joins, and how many have answered. It also tells the window of the speaker's notes
// where the lecture is; see assets/hall/notes.js.
//
// mount(root, { desk, send }) -> { update({ desk }), destroy() }
// `desk` is {code, kept, cookie, seconds, told}: without a `code` there is no room; `kept` is what the cookie keeps for so many seconds.

import { lecture } from "../hall/notes.js";
import { element } from "../player/dom.js";

const LOOK = 400; // milliseconds between two looks at how many have answered

export function mount(root, { desk }) {
  let code; // none is known yet, not even that there is no room
  let counts = null;
  let gone = false;
  const stopTelling = lecture(() => now.told);
  let now = desk;

  function update({ desk: next }) {
    now = next;
    stopTelling.tell();
    document.cookie = `${next.cookie}=${next.kept}; path=/; SameSite=Lax; max-age=${next.kept ? next.seconds : 0}`;
    if (next.code === code) return;
    code = next.code;
    root.hidden = code === null;
    root.replaceChildren(...(code === null ? [] : face()));
  }

  function face() {
    const join = new URL("./join", document.baseURI);
    const link = new URL(`?room=${code}`, join);
    counts = element("p", { class: "azl-counts", role: "status" }, "Nobody yet");
    const large = element(
      "dialog",
      { class: "azl-large", "aria-label": "How to join" },
      qr(link.href, "QR code of the room"),
      element("p", {}, element("b", {}, `${join.host}${join.pathname}`), element("br"), "code ", element("b", { class: "azl-code" }, code)),
    );
    large.addEventListener("click", () => large.close());
    const open = element("button", { type: "button", class: "azl-join", "aria-label": "Show how to join, large" }, qr(link.href, ""));
    open.addEventListener("click", () => large.showModal());
    const words = element(
      "p",
      {},
      "Join at ",
      element("a", { href: link.href, target: "_blank", rel: "noopener" }, `${join.host}${join.pathname}`),
      " with the code ",
      element("b", { class: "azl-code" }, code),
    );
    return [open, element("div", {}, words, counts), large];
  }

  async function look() {
    if (gone) return;
    if (code && !document.hidden) {
      try {
        const reply = await fetch(`./room/${code}/tally`);
        const { phones, answers } = await reply.json();
        if (counts && reply.ok) {
          counts.textContent = phones || answers ? `${answers} answered, of ${phones} here` : "Nobody yet";
          root.dataset.answers = String(answers);
          root.dataset.phones = String(phones);
        }
      } catch { /* the next look may be heard */ }
    }
    setTimeout(look, LOOK);
  }

  update({ desk });
  look();
  return {
    update,
    destroy() {
      gone = true;
      stopTelling.stop();
      root.replaceChildren();
    },
  };
}

const qr = (link, alt) => element("img", { src: `./qr.svg?of=${encodeURIComponent(link)}`, alt, width: 240, height: 240 });
