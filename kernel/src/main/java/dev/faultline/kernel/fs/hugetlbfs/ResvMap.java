package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.NavigableSet;
import java.util.TreeSet;

/// The huge pages of a file, or of a private mapping, that are noted (`struct resv_map`). Of a file those that a page was promised
/// for, or is there; of a private mapping those whose promise is used up. A section under its lock is one step; ranges are
/// numbers of huge pages, the end not included.
final class ResvMap extends SharedObject {
    private final TreeSet<Long> noted = new TreeSet<>();

    /// One in which nothing is noted.
    ///
    /// @param of whose it is, for reports
    ResvMap(Machine machine, Object of) {
        super(machine, "resv_map", of);
    }

    private NavigableSet<Long> in(long from, long to) {
        return noted.subSet(from, true, to, false);
    }

    /// {@return how many pages of the range are not noted} One step.
    @Models(file = "mm/hugetlb.c", symbol = "region_chg")
    long chg(long from, long to) {
        return to - from - count(from, to);
    }

    /// {@return how many pages of the range are noted} One step.
    @Models(file = "mm/hugetlb.c", symbol = "region_count")
    long count(long from, long to) {
        machine().step(this, Access.READ, -1);
        int count = in(from, to).size();
        machine().current().learn(count);
        return count;
    }

    /// Notes the pages of the range. One step.
    ///
    /// @return how many were not noted
    @Models(file = "mm/hugetlb.c", symbol = "region_add")
    long add(long from, long to) {
        machine().step(this, Access.WRITE, -1);
        long added = 0;
        for (long index = from; index < to; index++) {
            added += noted.add(index) ? 1 : 0;
        }
        machine().current().learn(added);
        changed();
        return added;
    }

    /// Forgets the pages of the range. One step.
    ///
    /// @return how many were noted
    @Models(file = "mm/hugetlb.c", symbol = "region_del")
    long del(long from, long to) {
        machine().step(this, Access.WRITE, -1);
        int gone = in(from, to).size();
        in(from, to).clear();
        machine().current().learn(gone);
        changed();
        return gone;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (long index : noted) {
            hash = Digest.mix(hash, index + 1);
        }
        return hash;
    }
}
