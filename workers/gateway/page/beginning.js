// To whom a conversation goes that an agent begins.

import { el } from "./dom.js";
import { channelName, say } from "./words.js";

export class Beginning {
  constructor(channels) {
    this.choices = channels.filter((one) => one.begins);
    const options = this.choices.map((one, index) => el("option", { value: String(index) }, `${channelName(one.channel)}, ${one.address}`));
    this.choice = el("select", {}, options);
    this.contact = el("input", { autocomplete: "off", maxlength: "200", placeholder: say("contact_hint") });
    this.element = el("div.beginning", {}, el("label", {}, say("begin_on"), this.choice), el("label", {}, say("contact"), this.contact));
  }

  /** Throws what is to be told. A number may be written as people write it. */
  get where() {
    const { channel, address } = this.choices[Number(this.choice.value)];
    const written = this.contact.value.trim();
    if (!written) throw new Error(say("contact_missing"));
    return { channel, address, contact: written.startsWith("+") ? written.replace(/[\s().-]/g, "") : written };
  }
}
