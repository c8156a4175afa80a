package dev.faultline.kernel.syscall;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.Seals;
import dev.faultline.kernel.fs.tmpfs.ShmMount;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.UserfaultEvents;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.mm.VmaChange;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.EnumSet;
import java.util.Optional;

/// The calls that change an address space (mm/mmap.c).
final class MemoryCalls {
    /// What MAP_SHARED_VALIDATE takes: the flags from before it, which MAP_FIXED_NOREPLACE is not among.
    private static final int KNOWN_FLAGS = Mman.MAP_TYPE | Mman.MAP_FIXED | Mman.MAP_ANONYMOUS | Mman.MAP_POPULATE
            | Mman.MAP_NORESERVE | Mman.MAP_HUGETLB | Mman.HUGE_2MB << Mman.HUGE_SHIFT;

    private static final long HUGE_BYTES = 1L << Mman.HUGE_2MB;

    private MemoryCalls() {}

    /// mmap(2). Takes `mmap_lock` for writing.
    @Models(file = "mm/mmap.c", symbol = "ksys_mmap_pgoff")
    static SysResult mmap(Kernel kernel, Process process, long address, long lengthBytes, int protection, int flags,
            int fd, long offset) {
        if (offset % Content.SIZE != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<OpenFile> file = Optional.empty();
        if ((flags & Mman.MAP_ANONYMOUS) == 0) {
            file = process.files().get(fd);
            if (file.isEmpty()) {
                return SysResult.err(Errno.EBADF);
            }
        }
        boolean huge = file.map(MemoryCalls::isHuge).orElse((flags & Mman.MAP_HUGETLB) != 0);
        if ((flags & Mman.MAP_HUGETLB) != 0 && (file.isPresent() ? !huge : !isHugeSize(flags))) {
            return SysResult.err(Errno.EINVAL);
        }
        long size = huge ? HUGE_BYTES : Content.SIZE;
        long length = lengthBytes + size - 1 & -size;
        Optional<Errno> wrong = checkPlace(address, lengthBytes, length, flags, size);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        if (huge && file.isEmpty()) {
            file = Optional.of(kernel.hugetlbMount(process.node()).anonymous(length));
        }
        Mm mm = process.mm();
        if (huge && (flags & Mman.MAP_NORESERVE) != 0 && !mm.hasHugeEntries()) {
            throw new NotModelled("huge pages for which nothing is set aside, on a machine of which nothing is said about them: `hugetlb 0;` says that there are none");
        }
        UserfaultEvents events = new UserfaultEvents();
        mm.mmapLock().downWrite();
        long hint = fixed(flags) ? address : huge ? address + size - 1 & -size : address & -size;
        Request request = new Request(hint, length, protection, flags, file, offset, false);
        SysResult result = doMmap(kernel.shmMount(process.node()), mm, request, events);
        mm.writeUnlock();
        events.complete();
        if (result instanceof SysResult.Ok(long start) && (flags & Mman.MAP_POPULATE) != 0) {
            process.node().userMemory().populate().mmPopulate(mm, start, start + length); // errors are not told
        }
        return result;
    }

    @Models(file = "include/linux/hugetlb.h", symbol = "is_file_hugepages")
    private static boolean isHuge(OpenFile file) {
        return file.inode().operations().areaFlags().contains(VmFlag.HUGETLB);
    }

    /// {@return whether the flags of mmap(2) or memfd_create(2) ask for huge pages of a size that there is}
    @Models(file = "include/linux/hugetlb.h", symbol = "hstate_sizelog")
    static boolean isHugeSize(int flags) {
        int logarithm = flags >>> Mman.HUGE_SHIFT & Mman.HUGE_MASK;
        return logarithm == 0 || logarithm == Mman.HUGE_2MB;
    }

    /// What is asked for.
    ///
    /// @param neverWritten whether the area must not become writable, though the file was opened for writing
    private record Request(long hint, long length, int protection, int flags, Optional<OpenFile> file, long offset,
            boolean neverWritten) {
        Request readOnly() {
            return new Request(hint, length, protection, flags, file, offset, true);
        }

        /// {@return the seals that the area is to be checked against}
        Optional<Seals> seals() {
            return isShared() ? file.flatMap(opened -> opened.inode().operations().seals()) : Optional.empty();
        }

        boolean isShared() {
            return (flags & Mman.MAP_TYPE) != Mman.MAP_PRIVATE;
        }

        /// {@return what backs the area: of memory that is shared and anonymous, a file without a name}
        Optional<OpenFile> backing(ShmMount shm) {
            return file.isEmpty() && isShared() ? Optional.of(shm.zeroSetup(length)) : file;
        }

        long pageOffset() {
            return file.isEmpty() ? 0 : offset / Content.SIZE;
        }

        /// {@return the bytes of a page}
        long pageBytes() {
            return file.filter(MemoryCalls::isHuge).isPresent() ? HUGE_BYTES : Content.SIZE;
        }
    }

    private static boolean fixed(int flags) {
        return (flags & (Mman.MAP_FIXED | Mman.MAP_FIXED_NOREPLACE)) != 0;
    }

    private static Optional<Errno> checkPlace(long address, long asked, long length, int flags, long size) {
        if (asked == 0) {
            return Optional.of(Errno.EINVAL);
        }
        if (asked < 0 || length <= 0 || length > Mm.TASK_SIZE) {
            return Optional.of(Errno.ENOMEM);
        }
        if (!fixed(flags)) {
            return Optional.empty();
        }
        if (address < 0 || address > Mm.TASK_SIZE - length) {
            return Optional.of(Errno.ENOMEM);
        }
        return address % size != 0 ? Optional.of(Errno.EINVAL) : Optional.empty();
    }

    private static Optional<Errno> checkType(Request request) {
        int flags = request.flags;
        int type = flags & Mman.MAP_TYPE;
        if (request.file.isEmpty()) {
            return type == Mman.MAP_SHARED || type == Mman.MAP_PRIVATE ? Optional.empty() : Optional.of(Errno.EINVAL);
        }
        if (!isOffsetInReach(request)) {
            return Optional.of(Errno.EOVERFLOW);
        }
        if (type == Mman.MAP_SHARED_VALIDATE && (flags & ~KNOWN_FLAGS) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        if (type == 0 || type > Mman.MAP_SHARED_VALIDATE) {
            return Optional.of(Errno.EINVAL);
        }
        return checkFile(request.file.get(), request.protection, type);
    }

    /// {@return whether a file can be that long} What is no regular file has offsets without a sign.
    @Models(file = "mm/mmap.c", symbol = "file_mmap_ok")
    private static boolean isOffsetInReach(Request request) {
        return request.file.orElseThrow().isRegular()
                ? request.offset >= 0 && request.offset <= Long.MAX_VALUE - request.length
                : Long.compareUnsigned(request.offset, -request.length) <= 0;
    }

    private static Optional<Errno> checkFile(OpenFile file, int protection, int type) {
        boolean shared = type != Mman.MAP_PRIVATE;
        boolean writes = (protection & Mman.PROT_WRITE) != 0;
        if (!file.isReadable() || shared && writes && !file.isWritable()) {
            return Optional.of(Errno.EACCES);
        }
        if (shared && file.isWritable() && file.inode().operations().modes().contains(FileMode.NO_SHARED_WRITE)) {
            return Optional.of(Errno.EINVAL);
        }
        if ((protection & Mman.PROT_EXEC) != 0 && file.inode().operations().modes().contains(FileMode.NO_EXEC)) {
            return Optional.of(Errno.EPERM);
        }
        return file.inode().operations().modes().contains(FileMode.NO_MMAP) ? Optional.of(Errno.ENODEV) : Optional.empty();
    }

    @Models(file = "mm/mmap.c", symbol = "do_mmap")
    private static SysResult doMmap(ShmMount shm, Mm mm, Request request, UserfaultEvents events) {
        long hint = request.hint;
        long length = request.length;
        boolean fixed = (request.flags & Mman.MAP_FIXED) != 0;
        boolean keep = (request.flags & Mman.MAP_FIXED_NOREPLACE) != 0;
        boolean taken = overlaps(mm, hint, length);
        if (keep && taken) {
            return SysResult.err(Errno.EEXIST);
        }
        Optional<Errno> wrong = checkType(request);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        boolean there = fixed || keep
                || hint > 0 && !taken && hint % Content.SIZE == 0 && hint <= Mm.TASK_SIZE - length;
        long start = there ? hint : mm.unmappedArea(length, request.pageBytes());
        Optional<Seals> seals = request.seals();
        return seals.isEmpty() ? mmapRegion(mm, start, request, request.backing(shm), events)
                : mmapSealed(mm, start, request, seals.get(), events);
    }

    /// A file that is sealed against writing can be mapped to be read for ever.
    @Models(file = "mm/memfd.c", symbol = "memfd_check_seals_mmap")
    private static SysResult mmapSealed(Mm mm, long start, Request request, Seals seals, UserfaultEvents events) {
        boolean sealed = (seals.get() & (Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE)) != 0;
        if (sealed) {
            return (request.protection & Mman.PROT_WRITE) != 0 ? SysResult.err(Errno.EPERM)
                    : mmapRegion(mm, start, request.readOnly(), request.file, events);
        }
        boolean writable = request.file.orElseThrow().isWritable();
        if (writable && !seals.mapWritable()) {
            return SysResult.err(Errno.EPERM);
        }
        SysResult result = mmapRegion(mm, start, request, request.file, events);
        if (writable) {
            seals.unmapWritable();
        }
        return result;
    }

    @Models(file = "mm/vma.c", symbol = "mmap_region")
    private static SysResult mmapRegion(Mm mm, long start, Request request, Optional<OpenFile> file,
            UserfaultEvents events) {
        EnumSet<VmFlag> vmFlags = vmFlags(mm.architecture(), request, file);
        Optional<Errno> refused = file.flatMap(opened ->
                opened.inode().operations().mmapPrepare(request.offset, request.length, vmFlags));
        if (refused.isPresent()) {
            return SysResult.err(refused.get());
        }
        if (!VmaChange.mayUnmap(mm, start, start + request.length)) {
            return SysResult.err(Errno.EINVAL);
        }
        if ((request.flags & Mman.MAP_FIXED) != 0) {
            events.unmap(mm, start, start + request.length);
            VmaChange.unmap(mm, start, start + request.length);
        }
        if (!VmFlag.areValid(vmFlags)) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<FileOperations.Mapped> mapped = file.map(opened -> opened.inode().operations().mmap(opened, request.offset, request.length, vmFlags));
        if (mapped.isPresent() && mapped.get() instanceof FileOperations.Mapped.Refused(Errno errno)) {
            return SysResult.err(errno);
        }
        Optional<Vma.FileArea> area = file.map(opened -> new Vma.FileArea(opened.inode().mapping(),
                request.pageOffset(), operations(mapped.orElseThrow()), opened));
        Vma vma = new Vma(mm, start, start + request.length, vmFlags, area);
        VmaChange.add(vma);
        file.ifPresent(opened -> opened.inode().operations().areaMade(vma));
        return SysResult.ok(start);
    }

    private static VmOperations operations(FileOperations.Mapped mapped) {
        return switch (mapped) {
            case FileOperations.Mapped.With(VmOperations operations) -> operations;
            case FileOperations.Mapped.Refused _ -> throw new AssertionError("not to be mapped");
        };
    }

    private static boolean overlaps(Mm mm, long start, long length) {
        return mm.findVma(start).filter(vma -> vma.start() < start + length).isPresent();
    }

    private static EnumSet<VmFlag> vmFlags(Architecture architecture, Request request, Optional<OpenFile> file) {
        EnumSet<VmFlag> vmFlags = VmFlag.ofProtection(architecture, request.protection);
        vmFlags.add(VmFlag.MAYREAD);
        if (request.isShared()) {
            vmFlags.add(VmFlag.SHARED);
        }
        if (!request.isShared() && vmFlags.contains(VmFlag.WRITE)) {
            vmFlags.add(VmFlag.ACCOUNT); // accountable_mapping
        }
        if (!request.isShared() || !request.neverWritten && (file.isEmpty() || file.get().isWritable())) {
            vmFlags.add(VmFlag.MAYWRITE);
        }
        if (architecture.hasTags() && (file.isEmpty() || !architecture.tagsAnonymousMemoryOnly())) {
            vmFlags.add(VmFlag.TAGS_ALLOWED);
        }
        file.ifPresent(opened -> vmFlags.addAll(opened.inode().operations().areaFlags()));
        if (vmFlags.contains(VmFlag.HUGETLB) && (request.flags & Mman.MAP_NORESERVE) != 0) {
            vmFlags.add(VmFlag.NORESERVE);
        }
        return vmFlags;
    }

    /// munmap(2). Takes `mmap_lock` for writing.
    @Models(file = "mm/vma.c", symbol = "__vm_munmap")
    static SysResult munmap(Mm mm, long address, long lengthBytes) {
        long length = (lengthBytes + Content.SIZE - 1) & -Content.SIZE;
        if (address % Content.SIZE != 0 || lengthBytes <= 0 || length <= 0 || address < 0
                || address > Mm.TASK_SIZE - length) {
            return SysResult.err(Errno.EINVAL);
        }
        mm.mmapLock().downWrite();
        if (!VmaChange.mayUnmap(mm, address, address + length)) {
            mm.writeUnlock();
            return SysResult.err(Errno.EINVAL);
        }
        UserfaultEvents events = new UserfaultEvents();
        events.unmap(mm, address, address + length);
        VmaChange.unmapAndUnlock(mm, address, address + length);
        events.complete();
        return SysResult.ZERO;
    }
}
