// The words of the customers' pages, in English and French. `tell("key", …)` puts values into {0}, {1}.

import { language } from "./words.js";

const WORDS = {
  en: {
    all: "All customers",
    another: "Another customer",
    attach: "Attach files",
    audio: "Recording",
    customers: "Customers",
    document: "Document",
    image: "Photo",
    video: "Video",
    customers_hint: "What each of them got on the phone or by mail, byte for byte. Open one and answer as they would.",
    download: "Download {0}",
    file: "File {0}",
    letter: "The mail as it looks",
    mailbox: "Mailbox of {0}",
    nobody: "Nobody yet.",
    nothing_yet: "Nothing has come yet. Write first.",
    open: "Open {0} in full",
    phone: "Phone of {0}",
    remove: "Remove {0}",
    send: "Send",
    sending: "Sending…",
    shop: "The shop",
    text: "Write as the customer",
    webchat: "Open the shop’s chat",
    you: "The customer",
  },
  fr: {
    all: "Tous les clients",
    another: "Un autre client",
    attach: "Joindre des fichiers",
    audio: "Enregistrement",
    customers: "Clients",
    document: "Document",
    image: "Photo",
    video: "Vidéo",
    customers_hint: "Ce que chacun a reçu sur son téléphone ou par courriel, octet pour octet. Ouvrez-en un et répondez à sa place.",
    download: "Télécharger {0}",
    file: "Fichier {0}",
    letter: "Le courriel tel qu’il se présente",
    mailbox: "Boîte de {0}",
    nobody: "Personne encore.",
    nothing_yet: "Rien n’est encore arrivé. Écrivez d’abord.",
    open: "Ouvrir {0} en entier",
    phone: "Téléphone de {0}",
    remove: "Retirer {0}",
    send: "Envoyer",
    sending: "Envoi…",
    shop: "Le magasin",
    text: "Écrire à la place du client",
    webchat: "Ouvrir le chat du magasin",
    you: "Le client",
  },
}[language];

export function tell(key, ...values) {
  return values.reduce((text, value, index) => text.replace(`{${index}}`, () => value), WORDS[key] ?? "");
}
