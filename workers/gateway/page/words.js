// Every word of the page, in English and French. `say("key", …)` puts values into {0}, {1}.

const ENGLISH = {
  add_camera: "Take a photo",
  add_files: "Attach files",
  ask_customer: "Ask the customer",
  ask_default: "We could not open the file “{0}”. Could you send it again, please, as a photo or a PDF?",
  ask_smaller: "The file “{0}” is too large for us to open. Could you send a smaller version or a screenshot, please?",
  ask_type: "We cannot accept the file “{0}”. Could you send a photo, a video or a PDF instead, please?",
  ask_gone: "The file “{0}” did not reach us completely. Could you send it again, please?",
  attachment_of: "{0} of {1}",
  back: "Back to all tickets",
  begin: "New conversation",
  begin_on: "From",
  cancel: "Cancel",
  caption: "Write a message or a caption",
  close: "Close",
  closer: "Zoom in",
  contact: "To",
  contact_hint: "A phone number or a mail address",
  contact_missing: "Please say to whom it goes.",
  converted: "Made to fit: {0} → {1}",
  customer: "Customer",
  doubt_arrived: "It has arrived",
  doubt_send_again: "Send it again",
  download: "Download",
  drop: "Drop files to attach them",
  empty_list: "No tickets yet. When a customer writes, the ticket appears here.",
  empty_thread: "Choose a ticket to read it.",
  enter_hint: "Enter sends, Shift+Enter starts a new line.",
  farther: "Zoom out",
  file: "File",
  file_of: "File {0}",
  image: "Photo",
  video: "Video",
  audio: "Sound",
  is_arriving: "The file is on its way…",
  is_refused: "Refused",
  jump: "New messages",
  limits: "{0} carries up to {1} per message; photos are made smaller to fit.",
  limits_links: "{0} carries up to {1} per message; photos are made smaller to fit, other large files go as a link.",
  media_new: "{0} new files",
  next: "Next picture",
  no_words: "The customer will see the files without a word. A short caption says what they are about.",
  as_link: "As a link",
  not_sent: "Not sent: {0}",
  offline: "No connection. What happens meanwhile shows as soon as it is back.",
  older: "Show earlier messages",
  open_full: "Open {0} in full",
  pages: "{0} pages",
  part: "Part {0} of {1}",
  preflight_as_is: "Fits as it is.",
  preflight_converted: "Will be made to fit: {0} → {1}",
  preflight_link: "This channel cannot carry it: goes as a link.",
  preflight_refused: "Cannot be sent on this channel.",
  preview_of: "Preview of {0}",
  previous: "Previous picture",
  remove: "Remove {0}",
  retry: "Try again",
  send: "Send",
  sending: "Sending…",
  sends_after_upload: "Goes out as soon as the upload is done.",
  session_over: "The session has ended. Please sign in again.",
  sign_in: "Sign in",
  sign_in_hint: "The key is exchanged for a short session and not kept.",
  sign_in_key: "API key",
  sign_in_name: "Your name",
  sign_out: "Sign out",
  signature: "Digital signature",
  state_arriving: "Arriving",
  state_announced: "Queued",
  state_delivered: "Delivered",
  state_failed: "Failed",
  state_in_doubt: "In doubt",
  state_planned: "Queued",
  state_preparing: "Preparing",
  state_read: "Read",
  state_refused: "Not sent",
  state_requested: "Queued",
  state_sent: "Sent",
  state_shown: "",
  state_unconfirmed: "Sent, unconfirmed",
  state_withdrawn: "Withdrawn by the customer",
  stuck: "“{0}” cannot be sent. Remove it to send the rest.",
  stuck_broken: "“{0}” is not uploaded yet. Try it again, or remove it.",
  tickets: "Tickets",
  thread_of: "Conversation with {0}",
  too_large: "Too large: at most {0} can be uploaded.",
  unread: "Unread",
  upload_failed: "The upload was interrupted.",
  upload_progress: "Upload of {0}",
  uploaded: "Uploaded",
  uploading: "Uploading, {0} %",
  visitor: "Visitor {0}",
  you: "You",
  again: "Write it again",
  agent: "Agent",
  message_from: "{0}, {1}",
  chat_title: "Chat with us",
  chat_hello: "Hello! Write to us, or send a photo of what it is about.",
};

const FRENCH = {
  add_camera: "Prendre une photo",
  add_files: "Joindre des fichiers",
  ask_customer: "Demander au client",
  ask_default: "Nous n’avons pas pu ouvrir le fichier « {0} ». Pourriez-vous le renvoyer en photo ou en PDF ?",
  ask_smaller: "Le fichier « {0} » est trop lourd pour être ouvert. Pourriez-vous en envoyer une version plus petite ou une capture d’écran ?",
  ask_type: "Nous ne pouvons pas accepter le fichier « {0} ». Pourriez-vous envoyer une photo, une vidéo ou un PDF ?",
  ask_gone: "Le fichier « {0} » ne nous est pas parvenu en entier. Pourriez-vous le renvoyer ?",
  attachment_of: "{0} sur {1}",
  back: "Retour aux tickets",
  begin: "Nouvelle conversation",
  begin_on: "De",
  cancel: "Annuler",
  caption: "Écrire un message ou une légende",
  close: "Fermer",
  closer: "Agrandir",
  contact: "À",
  contact_hint: "Un numéro de téléphone ou une adresse",
  contact_missing: "Veuillez indiquer le destinataire.",
  converted: "Adapté : {0} → {1}",
  customer: "Client",
  doubt_arrived: "C’est arrivé",
  doubt_send_again: "Renvoyer",
  download: "Télécharger",
  drop: "Déposez les fichiers pour les joindre",
  empty_list: "Aucun ticket pour l’instant. Dès qu’un client écrit, le ticket apparaît ici.",
  empty_thread: "Choisissez un ticket pour le lire.",
  enter_hint: "Entrée envoie, Maj+Entrée va à la ligne.",
  farther: "Réduire",
  file: "Fichier",
  file_of: "Fichier {0}",
  image: "Photo",
  video: "Vidéo",
  audio: "Son",
  is_arriving: "Le fichier arrive…",
  is_refused: "Refusé",
  jump: "Nouveaux messages",
  limits: "{0} transporte jusqu’à {1} par message ; les photos sont réduites pour passer.",
  limits_links: "{0} transporte jusqu’à {1} par message ; les photos sont réduites, les autres fichiers lourds partent en lien.",
  media_new: "{0} nouveaux fichiers",
  next: "Image suivante",
  no_words: "Le client verra les fichiers sans un mot. Une courte légende dit de quoi il s’agit.",
  as_link: "En lien",
  not_sent: "Non envoyé : {0}",
  offline: "Pas de connexion. Ce qui se passe entre-temps s’affichera à son retour.",
  older: "Messages précédents",
  open_full: "Ouvrir {0} en entier",
  pages: "{0} pages",
  part: "Partie {0} sur {1}",
  preflight_as_is: "Passe tel quel.",
  preflight_converted: "Sera adapté : {0} → {1}",
  preflight_link: "Ce canal ne peut pas le porter : part en lien.",
  preflight_refused: "Ne peut pas partir sur ce canal.",
  preview_of: "Aperçu de {0}",
  previous: "Image précédente",
  remove: "Retirer {0}",
  retry: "Réessayer",
  send: "Envoyer",
  sending: "Envoi…",
  sends_after_upload: "Partira dès la fin du téléversement.",
  session_over: "La session est terminée. Veuillez vous reconnecter.",
  sign_in: "Se connecter",
  sign_in_hint: "La clé est échangée contre une courte session et n’est pas conservée.",
  sign_in_key: "Clé d’API",
  sign_in_name: "Votre nom",
  sign_out: "Se déconnecter",
  signature: "Signature numérique",
  state_arriving: "Arrive",
  state_announced: "En file",
  state_delivered: "Remis",
  state_failed: "Échec",
  state_in_doubt: "Incertain",
  state_planned: "En file",
  state_preparing: "En préparation",
  state_read: "Lu",
  state_refused: "Non envoyé",
  state_requested: "En file",
  state_sent: "Envoyé",
  state_shown: "",
  state_unconfirmed: "Envoyé, sans confirmation",
  state_withdrawn: "Retiré par le client",
  stuck: "« {0} » ne peut pas partir. Retirez-le pour envoyer le reste.",
  stuck_broken: "« {0} » n’est pas encore téléversé. Réessayez, ou retirez-le.",
  tickets: "Tickets",
  thread_of: "Conversation avec {0}",
  too_large: "Trop lourd : {0} au plus.",
  unread: "Non lu",
  upload_failed: "Le téléversement a été interrompu.",
  upload_progress: "Téléversement de {0}",
  uploaded: "Téléversé",
  uploading: "Téléversement, {0} %",
  visitor: "Visiteur {0}",
  you: "Vous",
  again: "Réécrire",
  agent: "Agent",
  message_from: "{0}, {1}",
  chat_title: "Discuter avec nous",
  chat_hello: "Bonjour ! Écrivez-nous, ou envoyez une photo de ce dont il s’agit.",
};

const wanted = new URLSearchParams(location.search).get("lang") ?? navigator.language;
export const language = wanted.toLowerCase().startsWith("fr") ? "fr" : "en";
document.documentElement.lang = language;
const words = language === "fr" ? FRENCH : ENGLISH;

/** The country's way of telling the time, where the browser speaks the page's language. */
const locale = navigator.language.startsWith(language) ? navigator.language : language;

export function say(key, ...values) {
  const sentence = words[key] ?? "";
  return values.reduce((text, value, index) => text.replace(`{${index}}`, () => value), sentence);
}

/** 4213211 → "4.2 MB"; decimal units, as providers count. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [amount, unit] = bytes < 999_500 ? [bytes / 1e3, "KB"] : [bytes / 1e6, "MB"];
  const digits = amount < 10 && unit === "MB" ? 1 : 0;
  const shown = new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(amount);
  return `${shown} ${language === "fr" ? unit.replace("B", "o") : unit}`;
}

/** 75 → "1:15" */
export function length(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const long = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });

export const time = (at) => clock.format(new Date(at));
export const dayOf = (at) => long.format(new Date(at));
export const moment = (at) => (new Date(at).toDateString() === new Date().toDateString() ? time(at) : day.format(new Date(at)));

const CHANNELS = { sms: "SMS", webchat: "Webchat", email: "Email", whatsapp: "WhatsApp", instagram: "Instagram", telegram: "Telegram" };

export const channelName = (channel) => CHANNELS[channel] ?? channel;

/** Who the contact is: a name, a number, or a visitor's random id cut short. */
export function contactName({ contact_name: name, contact, channel }) {
  if (name) return name;
  if (channel === "webchat" && contact) return say("visitor", contact.slice(0, 4));
  return contact ?? say("customer");
}
