/// Huge pages that come from a pool (mm/hugetlb.c, fs/hugetlbfs/inode.c): files without a name whose pages are 2 MiB each, and
/// the areas that map them. Start at [HugetlbFault], which serves faults; [HugetlbFile] is what programs reach.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock`, the mutex of a page's faults (`hugetlb_fault_mutex_table`), the lock of an
/// area (`hugetlb_vma_lock`), `i_mmap_rwsem`, folio lock, page-table lock; the pool (`hugetlb_lock`) and the maps of
/// reservations are leaves, whose sections are single steps. Where `i_mmap_rwsem` is held already, the lock of an area is
/// only tried.
/// Left out: what docs/model/hugetlb.md says.
@NullMarked
package dev.faultline.kernel.fs.hugetlbfs;

import org.jspecify.annotations.NullMarked;
