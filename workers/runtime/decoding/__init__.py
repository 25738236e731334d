"""Untrusted bytes are decoded in killable children: one fork server, one short-lived child per job."""

from workers.runtime.decoding.decoder import DecodeLimits, DecoderUnavailable, ForkDecoder

__all__ = ["DecodeLimits", "DecoderUnavailable", "ForkDecoder"]
