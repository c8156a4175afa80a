package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Mprotect;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.mm.VmaChange;
import dev.faultline.kernel.uapi.Errno;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Giving areas to an userfaultfd and taking them back (fs/userfaultfd.c, mm/userfaultfd.c).
final class Registration {
    private Registration() {}

    /// {@return -EINVAL unless the range is of whole pages that a program can have}
    @Models(file = "fs/userfaultfd.c", symbol = "validate_range")
    static Optional<Errno> validateRange(long start, long lengthBytes) {
        if ((start | lengthBytes) % Content.SIZE != 0) {
            return Optional.of(Errno.EINVAL);
        }
        return validateUnalignedRange(start, lengthBytes);
    }

    /// {@return -EINVAL unless the range is one that a program can have; `vm.mmap_min_addr` is taken to be 0}
    @Models(file = "fs/userfaultfd.c", symbol = "validate_unaligned_range")
    static Optional<Errno> validateUnalignedRange(long start, long lengthBytes) {
        boolean possible = lengthBytes != 0 && start >= 0 && start < Mm.TASK_SIZE
                && Long.compareUnsigned(lengthBytes, Mm.TASK_SIZE - start) <= 0;
        return possible ? Optional.empty() : Optional.of(Errno.EINVAL);
    }

    /// What registering came to.
    ///
    /// @param wrong      why nothing is registered, if so
    /// @param hasHugetlb whether some of the range is of huge pages of a pool, for which there are fewer commands
    record Registered(Optional<Errno> wrong, boolean hasHugetlb) {
        static Registered not(Errno wrong) {
            return new Registered(Optional.of(wrong), false);
        }
    }

    /// Registers every area of the range, or none. Takes and drops `mmap_lock` for writing.
    ///
    /// @return -ENOMEM if the process has ended; -EINVAL where nothing is mapped, and for areas that cannot be served; -EPERM where the program
    ///         must not write; -EBUSY where another userfaultfd serves
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_register")
    static Registered register(UserfaultfdCtx ctx, long start, long end, Set<VmFlag> modes) {
        ctx.mm().mmapLock().downWrite();
        List<Vma> areas = ctx.mm().areas(start, end);
        Optional<Errno> wrong = areas.isEmpty() ? Optional.of(nothingThere(ctx)) : Optional.empty();
        for (int i = 0; i < areas.size() && wrong.isEmpty(); i++) {
            wrong = checkRegister(ctx, areas.get(i), start, end, modes);
        }
        if (wrong.isEmpty()) {
            registerRange(ctx, areas, start, end, modes);
        }
        boolean hasHugetlb = areas.stream().anyMatch(vma -> vma.has(VmFlag.HUGETLB));
        ctx.mm().writeUnlock();
        return new Registered(wrong, hasHugetlb);
    }

    private static Optional<Errno> checkRegister(UserfaultfdCtx ctx, Vma vma, long start, long end, Set<VmFlag> modes) {
        if (!canUserfault(ctx, vma, modes)) {
            return Optional.of(Errno.EINVAL);
        }
        if (!vma.has(VmFlag.MAYWRITE) && ctx.shmem().refusesReadOnlyFiles()) {
            return Optional.of(Errno.EPERM);
        }
        if (!VmaChange.maySplit(vma, start, end)) {
            return Optional.of(Errno.EINVAL);
        }
        return isOthers(ctx, vma) ? Optional.of(Errno.EBUSY) : Optional.empty();
    }

    private static boolean isOthers(UserfaultfdCtx ctx, Vma vma) {
        return vma.userfault().isPresent() && vma.userfault().get() != ctx;
    }

    @Models(file = "include/linux/userfaultfd_k.h", symbol = "vma_can_userfault")
    private static boolean canUserfault(UserfaultfdCtx ctx, Vma vma, Set<VmFlag> modes) {
        if (vma.has(VmFlag.HUGETLB)) {
            return true;
        }
        boolean ofShmem = Place.pages(vma).isPresent();
        if (modes.contains(VmFlag.UFFD_MINOR)) {
            return ofShmem && ctx.shmem().servesMinorFaults();
        }
        boolean protectOnly = modes.contains(VmFlag.UFFD_WP) && !modes.contains(VmFlag.UFFD_MISSING);
        return vma.isAnonymous() || ofShmem || protectOnly && ctx.isWpAsync();
    }

    @Models(file = "mm/userfaultfd.c", symbol = "userfaultfd_register_range")
    private static void registerRange(UserfaultfdCtx ctx, List<Vma> areas, long start, long end, Set<VmFlag> modes) {
        for (Vma vma : areas) {
            if (vma.userfault().isPresent() && vma.flags().containsAll(modes)) {
                continue;
            }
            EnumSet<VmFlag> flags = EnumSet.copyOf(vma.flags());
            flags.removeAll(VmFlag.UFFD);
            flags.addAll(modes);
            modify(vma, start, end, flags, Optional.of(ctx));
        }
    }

    /// Takes back what is registered in the range, and wakes the faults on missing pages there. Takes and drops
    /// `mmap_lock` for writing.
    ///
    /// @return -ENOMEM if the process has ended; -EINVAL where nothing is mapped, for areas that cannot be served, and for those that another
    ///         userfaultfd serves
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_unregister")
    static Optional<Errno> unregister(UserfaultfdCtx ctx, long start, long end) {
        ctx.mm().mmapLock().downWrite();
        List<Vma> areas = ctx.mm().areas(start, end);
        boolean fine = !areas.isEmpty() && start % areas.getFirst().pageBytes() == 0
                && areas.stream().allMatch(vma -> !isOthers(ctx, vma) && canUserfault(ctx, vma, vma.flags()));
        for (int i = 0; i < areas.size() && fine; i++) {
            fine = unregister(ctx, areas.get(i), start, end);
        }
        Errno wrong = nothingThere(ctx);
        ctx.mm().writeUnlock();
        return fine ? Optional.empty() : Optional.of(wrong);
    }

    private static Errno nothingThere(UserfaultfdCtx ctx) {
        return ctx.mm().hasEnded() ? Errno.ENOMEM : Errno.EINVAL;
    }

    /// {@return whether the area could be split}
    private static boolean unregister(UserfaultfdCtx ctx, Vma vma, long start, long end) {
        if (vma.userfault().isEmpty()) {
            return true;
        }
        if (vma.has(VmFlag.UFFD_MISSING)) {
            // While the lock is held for writing, who is woken waits for it and then finds an ordinary area.
            long from = Math.max(start, vma.start());
            ctx.wakeUserfault(from, Math.min(end, vma.end()) - from);
        }
        boolean splits = VmaChange.maySplit(vma, start, end);
        if (splits) {
            clearVma(vma, start, end);
        }
        return splits;
    }

    /// Makes the areas of an userfaultfd that is closed ordinary. Takes and drops `mmap_lock` for writing.
    @Models(file = "mm/userfaultfd.c", symbol = "userfaultfd_release_all")
    static void releaseAll(UserfaultfdCtx ctx) {
        ctx.mm().mmapLock().downWrite();
        for (Vma vma : ctx.mm().areas(0, Mm.TASK_SIZE)) {
            if (vma.userfault().isPresent() && vma.userfault().get() == ctx) {
                clearVma(vma, vma.start(), vma.end());
            }
        }
        ctx.mm().writeUnlock();
    }

    @Models(file = "mm/userfaultfd.c", symbol = "userfaultfd_clear_vma")
    private static void clearVma(Vma vma, long start, long end) {
        if (vma.has(VmFlag.UFFD_WP)) {
            Mprotect.uffdWpRange(vma, Math.max(start, vma.start()), Math.min(end, vma.end()), false);
        }
        EnumSet<VmFlag> flags = EnumSet.copyOf(vma.flags());
        flags.removeAll(VmFlag.UFFD);
        modify(vma, start, end, flags, Optional.empty());
    }

    private static void modify(Vma vma, long start, long end, Set<VmFlag> flags, Optional<UserfaultfdCtx> ctx) {
        VmaChange.modify(vma, Math.max(start, vma.start()), Math.min(end, vma.end()), flags, ctx.map(handler -> handler));
    }
}
