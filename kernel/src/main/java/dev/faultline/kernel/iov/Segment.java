package dev.faultline.kernel.iov;

/// A range of user memory (`struct iovec`).
public record Segment(long address, long lengthBytes) {}
