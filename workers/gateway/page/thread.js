// A thread that keeps itself up to date: the last page first, earlier ones as the reader scrolls up.

import { el } from "./dom.js";
import { MessageItem } from "./message.js";
import { dayOf, say } from "./words.js";

export const PAGE = 50;
const LARGEST_PAGE = 200;
const RENEW_MILLISECONDS = 5 * 60_000;
const NEAR_PIXELS = 120;
const EARLY_PIXELS = 600;

/**
 * `load(query)` answers with `{messages, cursor, earlier}`. `mine` is the direction of whoever looks at it.
 * `told(messages)` hears of every message that was shown or changed.
 */
export class Thread {
  #items = new Map();
  #earlier = null;
  #cursor = 0;
  atEnd = true;
  #busy = Promise.resolve();

  constructor({ load, mine, label, lightbox, ask, again, resolve, told = () => {} }) {
    this.load = load;
    this.mine = mine;
    this.told = told;
    this.callbacks = { open: (file) => lightbox.open(file, this.pictures()), ask, again, resolve };
    this.older = el("button.quiet.older", { type: "button", hidden: true, onclick: () => this.#loadEarlier() }, say("older"));
    this.list = el("div.messages", { role: "log", "aria-live": "polite", "aria-label": label });
    this.jump = el("button.jump", { type: "button", hidden: true, onclick: () => this.toEnd() }, say("jump"));
    this.scroller = el("div.scroller", { tabindex: "0", role: "region", "aria-label": label }, this.older, this.list);
    this.element = el("div.thread", {}, this.scroller, this.jump);
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Who reads the end keeps reading it when the composer below grows, or a phone's keyboard opens.
    this.resizing = new ResizeObserver(() => this.atEnd && this.toEnd());
    this.resizing.observe(this.scroller);
    this.renewing = setInterval(() => this.#renew(), RENEW_MILLISECONDS);
  }

  async open() {
    const page = await this.load(`limit=${PAGE}`);
    this.#cursor = page.cursor;
    this.#setEarlier(page.earlier);
    this.#merge(page.messages);
    this.toEnd();
    return page;
  }

  close() {
    this.resizing.disconnect();
    clearInterval(this.renewing);
    this.element.remove();
  }

  /** Ask for what changed; calls follow one another, so that none overtakes another. */
  refresh() {
    this.#busy = this.#busy.then(async () => {
      const page = await this.load(`after=${this.#cursor}`);
      this.accept(page);
    }).catch(() => {});
    return this.#busy;
  }

  /** What changed, and the cursor behind it. */
  accept(page) {
    if (page.cursor < this.#cursor) return;
    this.#cursor = page.cursor;
    const { atEnd } = this;
    const isNew = this.#merge(page.messages.filter((message) => this.#belongs(message)));
    if (atEnd) this.toEnd();
    else if (isNew) this.jump.hidden = false;
  }

  /** Something that is on its way into the record; the record's own word takes its place. */
  expect(message) {
    if (this.#items.has(message.message)) return;
    this.#merge([message]);
    this.toEnd();
  }

  pictures() {
    const files = this.#messages().flatMap((message) => message.attachments);
    const seen = (file) => file.preview_url ?? (file.type === "image" && file.thumbnail_url);
    return files.filter((file) => seen(file) && file.url && !["video", "audio"].includes(file.type));
  }

  /** The customer's last message with a subject: what a letter answers. */
  lastLetter() {
    return this.#messages().findLast((one) => one.direction === "inbound" && one.subject)?.message;
  }

  #messages() {
    return [...this.list.children].map((element) => this.#items.get(element.dataset.message).message);
  }

  /** What changed before the first loaded page shows when that page is loaded. */
  #belongs(message) {
    if (!this.#earlier || this.#items.has(message.message)) return true;
    const first = this.#items.get(this.list.firstElementChild?.dataset.message);
    return !first || order(message) >= order(first.message);
  }

  #merge(messages) {
    let isNew = false;
    for (const message of messages) {
      let item = this.#items.get(message.message);
      if (!item) {
        isNew = true;
        item = new MessageItem(this.mine, this.callbacks);
        this.#items.set(message.message, item);
        item.show(message);
        this.#insert(item);
      } else {
        item.show(message);
      }
    }
    if (isNew) this.#markDays();
    if (messages.length) this.told(messages);
    return isNew;
  }

  /** In the order of the record: by time, then by name. Nearly always at one of the ends, so look there first. */
  #insert(item) {
    const first = this.list.firstElementChild;
    if (first && order(this.#items.get(first.dataset.message).message) > order(item.message)) {
      this.list.prepend(item.element);
      return;
    }
    let next = null;
    for (let before = this.list.lastElementChild; before; before = before.previousElementSibling) {
      const other = this.#items.get(before.dataset.message).message;
      if (order(other) < order(item.message)) break;
      next = before;
    }
    this.list.insertBefore(item.element, next);
  }

  #markDays() {
    let day = null;
    for (const element of this.list.children) {
      const own = dayOf(this.#items.get(element.dataset.message).message.at);
      if (own === day) delete element.dataset.day;
      else element.dataset.day = own;
      day = own;
    }
  }

  #setEarlier(earlier) {
    this.#earlier = earlier;
    this.older.hidden = !earlier;
  }

  async #loadEarlier() {
    if (!this.#earlier || this.loading) return;
    this.loading = true;
    try {
      const page = await this.load(`limit=${PAGE}&before=${encodeURIComponent(this.#earlier)}`);
      const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
      this.#setEarlier(page.earlier);
      this.#merge(page.messages.reverse());
      this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    } finally {
      this.loading = false;
    }
  }

  /** All that is loaded once more, for links that live longer; `expires_at` is 10 minutes ahead at least. */
  #renew() {
    this.#busy = this.#busy.then(async () => {
      let [left, before] = [this.#items.size, ""];
      while (left > 0 && before !== null) {
        const page = await this.load(`limit=${LARGEST_PAGE}${before && `&before=${encodeURIComponent(before)}`}`);
        for (const message of page.messages) this.#items.get(message.message)?.show(message);
        left -= page.messages.length;
        before = page.messages.length ? page.earlier : null;
      }
    }).catch(() => {});
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_PIXELS;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.atEnd = true;
    this.jump.hidden = true;
  }

  #scrolled() {
    if (this.scroller.scrollTop < EARLY_PIXELS) this.#loadEarlier();
    this.atEnd = this.#isAtEnd();
    if (this.atEnd) this.jump.hidden = true;
  }
}

/** Without its Z a time with a fraction sorts behind the one without. */
const order = ({ at, message }) => `${at.replace("Z", "")} ${message}`;
