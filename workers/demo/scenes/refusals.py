"""What may not pass, in either direction."""

from typing import Any

from workers.demo.stage import Stage


def refusals(on: Stage) -> None:
    on.claims.scene("What may not pass is refused with a sentence")
    flood = on.world.far_side.webchat.customer_sends(on.world.customers["webchat"], "open this", [on.photos.flood])
    _claim_refused(on, on.desk.ended(flood), "too_many_pixels")
    before = len(on.world.far_side.sms.sent)
    answer = on.desk.reply("sms", on.world.customers["sms"], "a holiday photo", on.photos.program)
    _claim_refused(on, on.desk.ended(answer), "type_not_allowed")
    on.claims.claim("nothing of that reply was sent", true=len(on.world.far_side.sms.sent) == before)
    on.timeline(answer, teaches=True)
    whatsapp = on.desk.ended(on.desk.reply("whatsapp", on.world.far_side.newcomer("whatsapp"), "Are you there?"))
    sentence = (whatsapp["reason"] or {}).get("sentence")
    on.claims.claim(f"WhatsApp, to somebody who has not written: {sentence}", true=whatsapp["state"] == "failed")


def _claim_refused(on: Stage, message: dict[str, Any], code: str) -> None:
    (file,) = message["attachments"]
    reason = file["reason"] or {}
    on.claims.claim(f"{file['file_name']}: {reason.get('sentence')}", true=reason.get("code") == code)
