/// Page faults that a program serves itself: fs/userfaultfd.c and mm/userfaultfd.c. Start at
/// [UserfaultfdCtx#handleUserfault], where a fault goes to sleep, and at [Mfill], which puts pages in place.
///
/// Locks, outermost first: `mmap_lock`, `map_changing_lock`, folio lock, page-table lock, the queues. Left out:
/// huge pages, signals that end a wait; docs/model/uffd.md says what each would change.
@NullMarked
package dev.faultline.kernel.uffd;

import org.jspecify.annotations.NullMarked;
