// <script src="https://…/webchat/widget.js" data-address="acme-shop" async></script>
// Puts a round button on a shop's page; the chat opens in a frame of ours, so neither page reaches into the other.
(() => {
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const language = script.dataset.lang ?? document.documentElement.lang;
  const label = /^fr/i.test(language || navigator.language) ? "Ouvrir la discussion" : "Open the chat";
  const narrow = matchMedia("(max-width: 560px)");
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-expanded", "false");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M4 5h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z");
  icon.append(path);
  button.append(icon);

  const frame = document.createElement("iframe");
  frame.title = label;
  frame.hidden = true;
  frame.allow = "camera; clipboard-read; clipboard-write";

  // Through the object model, which a shop's content security policy does not forbid.
  const styled = (element, styles) => Object.assign(element.style, styles);
  styled(icon, { width: "28px", height: "28px", fill: "none", stroke: "#fff", strokeWidth: "1.8", strokeLinejoin: "round" });
  styled(button, {
    position: "fixed", right: "20px", bottom: "20px", zIndex: "2147483000", width: "60px", height: "60px", padding: "0",
    display: "grid", placeItems: "center", border: "0", borderRadius: "50%", background: "#8a5a00", cursor: "pointer",
    boxShadow: "0 4px 18px rgba(0, 0, 0, 0.28)",
  });
  const place = () => {
    const small = { inset: "0", width: "100%", height: "100%", borderRadius: "0" };
    const large = { inset: "auto 20px 92px auto", width: "390px", height: "min(640px, calc(100vh - 112px))", borderRadius: "16px" };
    styled(frame, narrow.matches ? small : large);
  };
  styled(frame, { position: "fixed", zIndex: "2147483001", border: "0", boxShadow: "0 8px 40px rgba(0, 0, 0, 0.3)" });
  narrow.addEventListener("change", place);
  place();

  const tell = () => frame.contentWindow?.postMessage({ trombone: frame.hidden ? "closed" : "open" }, origin);
  const show = (open) => {
    if (open && !frame.src) {
      const query = language ? `?lang=${encodeURIComponent(language)}` : "";
      frame.src = `${origin}/webchat/${encodeURIComponent(script.dataset.address)}/chat${query}`;
    }
    frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    tell();
    if (!open) button.focus();
  };
  button.addEventListener("click", () => show(frame.hidden));
  addEventListener("message", (event) => {
    if (event.source === frame.contentWindow && event.data?.trombone === "close") show(false);
    if (event.source === frame.contentWindow && event.data?.trombone === "ready") tell();
  });
  shadow.append(frame, button);
  document.body.append(host);
})();
