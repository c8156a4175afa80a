package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.Optional;

/// The blocks of one file: how many it has been given, and how many of these are in swap (`struct shmem_inode_info`).
/// As a shared object it stands for `info->lock`, whose sections are single steps.
///
/// A page is charged to the mount first, then it is in the cache, then it is counted here; a page that leaves the cache
/// is noticed by the next [#recalc], whoever makes it. When all is quiet `alloced == nrpages + swapped`.
public final class ShmemBlocks extends SharedObject {
    private static final int SECTORS_PER_PAGE = 8;

    private final BlockLimit limit;
    private final Cell nrpages;
    private final Cell iBlocks;
    private long alloced;
    private long swapped;

    /// Pages that are counted as swapped and still in the cache; for [#disagreement] only.
    private long leaving;

    /// Blocks of pages that have gone and that no [#recalc] has seen to be free yet, because reclaim dropped them since, or
    /// because of those on their way: the next one gives them back.
    private long unseen;

    /// The blocks of an empty file.
    ///
    /// @param nrpages how many pages of the file are cached
    ShmemBlocks(Machine machine, String file, BlockLimit limit, Cell nrpages) {
        super(machine, "info->lock", file);
        this.limit = limit;
        this.nrpages = nrpages;
        this.iBlocks = new Cell(machine, "i_blocks", file, 0);
    }

    /// Charges blocks to the mount and to the file.
    ///
    /// @return -ENOSPC if the mount is full
    @Models(file = "mm/shmem.c", symbol = "shmem_inode_acct_blocks")
    Optional<Errno> acct(long pages) {
        if (!limit.add(pages)) {
            return Optional.of(Errno.ENOSPC);
        }
        iBlocks.add(pages * SECTORS_PER_PAGE);
        return Optional.empty();
    }

    /// Takes a charge back.
    @Models(file = "mm/shmem.c", symbol = "shmem_inode_unacct_blocks")
    void unacct(long pages) {
        iBlocks.add(-pages * SECTORS_PER_PAGE);
        limit.subtract(pages);
    }

    /// Counts blocks more or less, and gives those back that have left the cache without being swapped. A page that is
    /// in the cache and not counted yet makes the sum negative, which means nothing.
    @Models(file = "mm/shmem.c", symbol = "shmem_recalc_inode")
    public void recalc(long moreAlloced, long moreSwapped) {
        machine().step(this, Access.WRITE, -1, nrpages, Access.READ, -1);
        alloced += moreAlloced;
        swapped += moreSwapped;
        // Swap-out counts a page as swapped before the page leaves the cache.
        long freed = alloced - swapped - nrpages.peek() + Math.max(moreSwapped, 0);
        unseen = leaving;
        leaving += Math.max(moreSwapped, 0);
        giveBack(freed);
    }

    /// A page that is counted as swapped has left the cache. No step.
    public void hasLeft() {
        leaving--;
    }

    /// A clean page has left the cache, which the next [#recalc] notices. No step.
    void hasVanished() {
        unseen++;
    }

    /// Counts a page as swapped that has left the cache before, and gives back what has left it otherwise.
    public void recalcSwappedBefore() {
        machine().step(this, Access.WRITE, -1, nrpages, Access.READ, -1);
        swapped++;
        giveBack(alloced - swapped - nrpages.peek());
    }

    /// Gives a page back that has left the cache, whether or not somebody else has.
    public void uncount() {
        machine().step(this, Access.WRITE, -1);
        alloced--;
        changed();
        unacct(1);
    }

    /// As [#recalc], of a file in whose cache `uncounted` pages are that it has not been given.
    void recalcBut(long uncounted) {
        machine().step(this, Access.WRITE, -1, nrpages, Access.READ, -1);
        giveBack(uncounted + alloced - swapped - nrpages.peek());
    }

    private void giveBack(long freed) {
        alloced -= Math.max(freed, 0);
        changed();
        machine().current().learn(Math.max(freed, 0));
        if (freed > 0) {
            unacct(freed);
        }
    }

    /// {@return whether the file has any block} One step.
    boolean isAlloced() {
        machine().step(this, Access.READ, -1);
        machine().current().learn(alloced == 0 ? 0 : 1);
        return alloced != 0;
    }

    /// Counts pages that are cached before anything runs. No step.
    void place(long pages) {
        alloced += pages;
        iBlocks.poke(iBlocks.peek() + pages * SECTORS_PER_PAGE);
        limit.place(pages);
        changed();
    }

    BlockLimit limit() {
        return limit;
    }

    /// {@return the size on disk as stat(2) tells it, in units of 512 bytes (`i_blocks`)}
    Cell iBlocks() {
        return iBlocks;
    }

    /// {@return what does not agree, when all is quiet; no step}
    Optional<String> disagreement() {
        long surplus = alloced - nrpages.peek() - swapped;
        boolean agrees = surplus >= 0 && surplus <= unseen && iBlocks.peek() == alloced * SECTORS_PER_PAGE;
        return agrees ? Optional.empty() : Optional.of("alloced " + alloced + ", nrpages " + nrpages.peek() + ", swapped "
                + swapped + ", i_blocks " + iBlocks.peek());
    }

    /// {@return the blocks of a file without a page, if there are any; no step}
    Optional<String> leftBehind() {
        return alloced == 0 && iBlocks.peek() == 0 ? Optional.empty()
                : Optional.of("alloced " + alloced + ", i_blocks " + iBlocks.peek());
    }

    @Override
    protected long stateHash() {
        return Digest.mix(alloced, swapped);
    }
}
