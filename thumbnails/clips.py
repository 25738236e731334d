"""
Which types are video and audio that we open, by what and with which decoders. Free of libav, so that a worker may ask.

A demuxer is always named: libav never guesses, so a playlist in a film's clothes never makes it open other files.
"""

from collections.abc import Iterable

DEMUXERS = {
    "audio/3gpp": "mov",
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "audio/amr": "amr",
    "audio/amr-wb": "amr",
    "audio/basic": "au",
    "audio/flac": "flac",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/webm": "matroska",
    "audio/x-matroska": "matroska",
    "audio/x-ms-wma": "asf",
    "video/3gpp": "mov",
    "video/3gpp2": "mov",
    "video/mp2t": "mpegts",
    "video/mp4": "mov",
    "video/mpeg": "mpeg",
    "video/ogg": "ogg",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-flv": "flv",
    "video/x-matroska": "matroska",
    "video/x-ms-asf": "asf",
    "video/x-ms-wmv": "asf",
    "video/x-msvideo": "avi",
}
"""libav's name of each container."""

VIDEO_CODECS = frozenset({
    "av1", "flv", "h263", "h264", "hevc", "libdav1d", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v2",
    "msmpeg4v3", "prores", "theora", "vc1", "vp6f", "vp8", "vp9", "wmv1", "wmv2", "wmv3",
})  # fmt: skip
AUDIO_CODECS = frozenset({
    "aac", "ac3", "alac", "amrnb", "amrwb", "eac3", "flac", "libopus", "mp2", "mp2float", "mp3", "mp3float", "opus",
    "pcm_alaw", "pcm_f32le", "pcm_mulaw", "pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le", "pcm_s32be", "pcm_s32le",
    "pcm_u8", "vorbis", "wmav1", "wmav2",
})  # fmt: skip
"""libav's names of the decoders that phones, browsers and office machines need; the hundreds of others stay shut."""

_PLAYED_IN = {
    "audio/aac": {"aac"},
    "audio/flac": {"flac"},
    "audio/mp4": {"aac", "flac", "mp3", "opus"},
    "audio/mpeg": {"mp3"},
    "audio/ogg": {"flac", "opus", "vorbis"},
    "audio/wav": {"pcm_f32le", "pcm_s16le", "pcm_s24le", "pcm_u8"},
    "audio/webm": {"opus", "vorbis"},
    "video/mp4": {"av1", "h264", "vp9", "aac", "flac", "mp3", "opus"},
    "video/webm": {"av1", "vp8", "vp9", "opus", "vorbis"},
}
"""The codecs that today's browsers play in each container, by libav's canonical names."""
PLAYED_PIXELS = frozenset({"yuv420p", "yuvj420p"})
"""What every device decodes: eight bits, a quarter of the color."""


def browser_plays(media_type: str, codecs: Iterable[str], pixel_format: str | None) -> bool:
    known = _PLAYED_IN.get(media_type, set())
    return pixel_format in (None, *PLAYED_PIXELS) and all(codec in known for codec in codecs)


def is_clip(media_type: str) -> bool:
    return media_type in DEMUXERS
