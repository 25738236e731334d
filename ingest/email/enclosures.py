"""Which leaf of a mail is what to its reader: words, a picture among them, a file, a seal, or nothing at all."""

from dataclasses import dataclass, field

from ingest.email import html, names, tnef
from ingest.email.headers import Mail, first
from ingest.email.leaves import Leaf, enclosed_mail, leaves
from schemas.message_received import FileMissing
from schemas.reason import Reason

LOGO_BYTES = 4_000
"""A picture so small among the words is decoration: no photo or screenshot is."""
SIGNATURE_BYTES = 100_000
"""Up to here what stands only in a signature or quote, or comes again and again, is decoration too."""

MACHINERY = {
    "message/delivery-status", "message/disposition-notification", "text/rfc822-headers", "text/x-amp-html",
    "message/feedback-report", "message/global-delivery-status",
}  # fmt: skip
"""Parts that programs write for programs."""
SEALS = {
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-keys",
}
ENVELOPED = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
WORDS = {"text/plain", "text/html", "text/enriched"}
ELSEWHERE = {"message/partial", "message/external-body"}

ENCRYPTED = Reason(
    code="mail_encrypted",
    sentence="This mail is encrypted and cannot be opened here. Ask the customer to send it in the clear.",
)
SEALED = Reason(
    code="mail_sealed",
    sentence="This mail is wrapped in its signature and cannot be opened here. Ask for it without, or clear-signed.",
)
NOT_IN_MAIL = Reason(
    code="file_not_in_mail",
    sentence="The mail only points to this file, or holds a piece of it. Ask the customer to send it whole.",
)
PGP_ARMOR = "-----BEGIN PGP MESSAGE-----"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file to offer. `small`: it may be decoration, should it come again and again."""

    name: str
    media_type: str
    content: bytes
    role: str | None = None
    small: bool = False


@dataclass
class Contents:
    """In the order of the mail. `page` is the HTML, where it is all the text there is."""

    text: str = ""
    page: str | None = None
    files: list[Enclosure] = field(default_factory=list)
    missing: list[FileMissing] = field(default_factory=list)


def contents(mail: Mail) -> Contents:
    found = list(leaves(mail))
    words = [leaf for leaf in found if _is_words(leaf)]
    pages = [leaf for leaf in words if leaf.media_type == "text/html"]
    page = html.read("\n".join(leaf.text() for leaf in pages))
    plain = "\n\n".join(text for leaf in words if leaf not in pages and (text := leaf.text().strip()))
    result = Contents(text=plain or page.text)
    if pages and not plain:
        result.page = "\n".join(leaf.text() for leaf in pages)
    if PGP_ARMOR in result.text:
        result.missing.append(FileMissing(reason=ENCRYPTED, role="signature"))
    for leaf in found:
        if leaf not in words:
            _place(leaf, page, result)
    return result


def _is_words(leaf: Leaf) -> bool:
    """Text of the mail itself that nobody named or called an attachment."""
    is_text = leaf.media_type in WORDS or leaf.is_without_boundary
    return is_text and not leaf.nested and leaf.disposition != "attachment" and names.named(leaf.part) is None


def _place(leaf: Leaf, page: html.Page, result: Contents) -> None:
    media_type = leaf.media_type
    name = names.named(leaf.part)
    if media_type in MACHINERY or (leaf.nested and _is_letter(leaf, name)):
        return
    if "multipart/encrypted" in leaf.above:
        if media_type != "application/pgp-encrypted":
            result.missing.append(FileMissing(reason=ENCRYPTED, file_name=name, role="signature"))
    elif media_type in ENVELOPED:
        kind = str(leaf.part.get_param("smime-type") or "").lower()
        reason = SEALED if kind in ("signed-data", "compressed-data") else ENCRYPTED
        result.missing.append(
            FileMissing(reason=reason, file_name=name, declared_media_type=media_type, role="signature")
        )
    elif media_type in ELSEWHERE:
        result.missing.append(FileMissing(reason=NOT_IN_MAIL, file_name=name, declared_media_type=media_type))
    else:
        _enclose(leaf, name, page, result)


def _is_letter(leaf: Leaf, name: str | None) -> bool:
    """The words of a forwarded mail stay inside it."""
    return leaf.media_type in WORDS and name is None and leaf.disposition != "attachment"


def _enclose(leaf: Leaf, name: str | None, page: html.Page, result: Contents) -> None:
    content = leaf.content()
    if tnef.is_tnef(content, leaf.media_type) and (unpacked := tnef.unpack(content)) is not None:
        result.text = result.text or unpacked.text
        result.files += [Enclosure(one.name, one.media_type, one.content) for one in unpacked.files]
        return
    role = _role(leaf, content, page)
    shown = name or _subject_name(leaf) or names.invented(leaf.media_type, len(result.files) + 1, role)
    small = role in ("inline", "logo") and len(content) <= SIGNATURE_BYTES
    result.files.append(Enclosure(shown, leaf.media_type, content, role, small))


def _role(leaf: Leaf, content: bytes, page: html.Page) -> str | None:
    if leaf.media_type in SEALS:
        return "signature"
    if leaf.media_type == "text/calendar":
        return "invite"
    names_of_it = [one for one in (leaf.content_id, leaf.location) if one in page.shown]
    if leaf.nested or not names_of_it:
        return None
    framed = all(page.shown[one] for one in names_of_it)
    is_decoration = len(content) <= LOGO_BYTES or (framed and len(content) <= SIGNATURE_BYTES)
    return "logo" if is_decoration else "inline"


def _subject_name(leaf: Leaf) -> str | None:
    """A forwarded mail is named for its subject."""
    if leaf.media_type != "message/rfc822":
        return None
    subject = names.harmless(first(enclosed_mail(leaf.part), "subject").replace("/", "-"))
    return f"{subject[:100]}.eml" if subject else None
