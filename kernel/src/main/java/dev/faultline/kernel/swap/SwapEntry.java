package dev.faultline.kernel.swap;

/// What stands for a page that is in swap (`swp_entry_t`).
///
/// @param slot the place on the device, in pages
public record SwapEntry(int slot) {}
