package dev.faultline.kernel.mm;

/// A place in a page table of which processors may hold translations.
public sealed interface Translated permits PteSlot, PmdSlot {
    /// Makes every processor drop what it holds for this entry. One step.
    void flush();
}
