"""What is made of video and audio: recipes for the tracks, and the containers that they go into."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class VideoRecipe:
    """H.264, 8-bit 4:2:0, no B-frames: what every phone plays, and what WhatsApp's clients insist on."""

    size: tuple[int, int]
    """Upright, both sides even."""
    frames_per_second: Fraction
    bits_per_second: int
    """What two passes aim at; with `constant_quality`, what is never exceeded for long."""
    constant_quality: int | None = None
    """x264's CRF: one pass, as many bits as this quality needs."""
    profile: str = "main"
    preset: str = "medium"


@dataclass(frozen=True)
class SoundRecipe:
    codec: str
    """libav's name of the encoder."""
    sample_rate: int
    channels: int
    bits_per_second: int


@dataclass(frozen=True)
class Container:
    """`codecs` are those that may stay in it as they are, by libav's names."""

    muxer: str
    suffix: str
    codecs: frozenset[str]
    options: tuple[tuple[str, str], ...] = ()


_FIRST_THE_INDEX = (("movflags", "+faststart"),)
"""A player, and a provider that checks, may begin before the last byte is there."""

CONTAINERS = {
    "video/mp4": Container("mp4", ".mp4", frozenset({"h264", "aac", "mp3"}), _FIRST_THE_INDEX),
    "video/3gpp": Container("3gp", ".3gp", frozenset({"h264", "h263", "mpeg4", "aac", "amr_nb"}), _FIRST_THE_INDEX),
    "video/webm": Container("webm", ".webm", frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})),
    "audio/mp4": Container("ipod", ".m4a", frozenset({"aac"}), _FIRST_THE_INDEX),
    "audio/mpeg": Container("mp3", ".mp3", frozenset({"mp3"}), (("id3v2_version", "0"),)),
    "audio/ogg": Container("ogg", ".ogg", frozenset({"opus", "vorbis"})),
    "audio/aac": Container("adts", ".aac", frozenset({"aac"})),
    "audio/amr": Container("amr", ".amr", frozenset({"amr_nb"})),
    "audio/3gpp": Container("3gp", ".3gp", frozenset({"amr_nb", "aac"}), _FIRST_THE_INDEX),
    "audio/wav": Container("wav", ".wav", frozenset({"pcm_s16le", "pcm_u8"})),
    "audio/flac": Container("flac", ".flac", frozenset({"flac"})),
    "audio/webm": Container("webm", ".weba", frozenset({"opus", "vorbis"})),
}
