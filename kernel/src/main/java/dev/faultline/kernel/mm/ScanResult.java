package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;

/// What an attempt to make a huge page of small ones came to (`enum scan_result`).
public enum ScanResult {
    SUCCEED, PMD_MAPPED, PMD_NULL, PTE_NON_PRESENT, PTE_UFFD_WP, PTE_MAPPED_HUGEPAGE, PAGE_NULL, PAGE_COUNT, PAGE_LOCK, PAGE_LRU,
    PAGE_COMPOUND, PAGE_FILLED, DEL_PAGE_LRU, EXCEED_NONE_PTE, EXCEED_SHARED_PTE, VMA_CHECK, TRUNCATED, ALLOC_HUGE_PAGE_FAIL, FAIL;

    /// {@return whether a program's request goes on with the next 2 MiB}
    boolean goesOn() {
        return switch (this) {
            case SUCCEED, PMD_MAPPED, PMD_NULL, PTE_NON_PRESENT, PTE_UFFD_WP, PAGE_NULL, PAGE_COUNT, PAGE_LOCK, PAGE_LRU, PAGE_COMPOUND,
                    DEL_PAGE_LRU -> true;
            case PTE_MAPPED_HUGEPAGE, PAGE_FILLED, EXCEED_NONE_PTE, EXCEED_SHARED_PTE, VMA_CHECK, TRUNCATED, ALLOC_HUGE_PAGE_FAIL,
                    FAIL -> false;
        };
    }

    @Models(file = "mm/khugepaged.c", symbol = "madvise_collapse_errno")
    Errno errno() {
        return switch (this) {
            case ALLOC_HUGE_PAGE_FAIL -> Errno.ENOMEM;
            case EXCEED_NONE_PTE -> Errno.EBUSY;
            case PAGE_COUNT, PAGE_LOCK, PAGE_LRU, DEL_PAGE_LRU, PAGE_FILLED -> Errno.EAGAIN;
            case SUCCEED, PMD_MAPPED, PMD_NULL, PTE_NON_PRESENT, PTE_UFFD_WP, PTE_MAPPED_HUGEPAGE, PAGE_NULL, PAGE_COMPOUND,
                    EXCEED_SHARED_PTE, VMA_CHECK, TRUNCATED, FAIL -> Errno.EINVAL;
        };
    }
}
