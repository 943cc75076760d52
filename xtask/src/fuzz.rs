//! Feeding the decoders with what no sane peer sends.
