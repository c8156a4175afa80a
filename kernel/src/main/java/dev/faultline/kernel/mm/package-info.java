/// Physical memory, page tables, virtual memory areas, the fault path, and get_user_pages. Start at
/// [Memory#handleMmFault].
///
/// Locks, outermost first: `mmap_lock`, folio lock, `i_mmap_rwsem`, page-table lock. A critical section of
/// the page-table lock is one step on one entry. Left out so far: huge pages, page-table pages as memory;
/// docs/model/mm.md says what each would change.
@NullMarked
package dev.faultline.kernel.mm;

import org.jspecify.annotations.NullMarked;
