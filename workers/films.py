"""The version of a film that every browser plays, where only encoding it anew makes one (HEVC, AVI …)."""

from dataclasses import dataclass
from pathlib import Path

from schemas.attachment import StoredAttachment
from schemas.reason import Reason
from thumbnails.orders import FitParams, Fitted, RenderedFile
from workers.runtime.decoding.slow import TRANSCODE
from workers.runtime.media_policy import MediaPolicy
from workers.runtime.ports import Decoder

NAME, TYPE = "full", "video/mp4"


@dataclass(frozen=True)
class Film:
    """A film on the machine's own disk; what is made of it comes to lie in `folder`, which holds nothing else."""

    attachment: StoredAttachment
    source: Path
    folder: Path

    def wants_encoding(self, policy: MediaPolicy) -> bool:
        """It may take minutes, so long films stay a poster and a download."""
        seconds = self.attachment.duration_seconds
        return (
            self.attachment.kind == "video"
            and self.attachment.browser_shows is False
            and seconds is not None
            and seconds <= policy.renditions.full.max_film_seconds
        )

    def encoded(self, decode: Decoder, policy: MediaPolicy) -> RenderedFile | None:
        """H.264 and AAC in MP4, up to 720p. None where it cannot be made: it still has its poster."""
        params = params_for(self.attachment.detected_media_type, policy)
        made = decode.attempt(TRANSCODE, params, source=self.source, workdir=self.folder, returns=Fitted)
        if isinstance(made, Reason) or made.file_name is None:
            return None
        path = (self.folder / made.file_name).rename(self.folder / f"{NAME}.mp4")
        return RenderedFile(
            name=NAME,
            file_name=path.name,
            media_type=made.media_type,
            size_bytes=made.size_bytes,
            sha256=made.sha256,
            width=made.width,
            height=made.height,
        )


def params_for(media_type: str, policy: MediaPolicy) -> FitParams:
    return FitParams(
        media_type=media_type,
        max_bytes=policy.transcode.output_bytes // 2,  # a second try lies beside the first
        media_types=[TYPE],
        max_pixels=policy.decode.max_pixels,
        max_frames=policy.decode.max_frames,
        max_seconds=policy.transcode.max_seconds,
    )
