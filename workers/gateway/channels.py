"""`GET /v1/channels`: where the account can answer, and what fits there. A composer asks before it uploads."""

from starlette.requests import Request
from starlette.responses import Response

from workers.gateway.answers import answer
from workers.gateway.keys import authorize
from workers.gateway.services import services_of
from workers.gateway.shapes import ChannelShown, ChannelsShown, KindShown


async def channels(request: Request) -> Response:
    settings = services_of(request).settings
    caller = authorize(request, settings, "read", "reply")
    shown = []
    for one in settings.connections():
        if one.account == caller.account:
            outbound = settings.limits_of(one).outbound
            shown.append(
                ChannelShown(
                    channel=one.channel,
                    provider=one.provider,
                    address=one.address,
                    max_message_bytes=outbound.max_message_bytes.value,
                    max_files_per_message=outbound.max_files_per_message.value,
                    max_text=outbound.max_text.value,
                    kinds={
                        name: KindShown(max_bytes=kind.max_bytes.value, media_types=kind.media_types.value)
                        for name, kind in outbound.kinds.items()
                    },
                    links=outbound.links.value if outbound.links else False,
                    begins=outbound.begins.value if outbound.begins else False,
                )
            )
    return answer(ChannelsShown(channels=shown, max_upload_bytes=settings.media.max_upload_bytes))
