package dev.faultline.kernel.syscall;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.Seals;
import dev.faultline.kernel.fs.tmpfs.ShmMount;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.UserfaultEvents;
import dev.faultline.kernel.mm.VmFlag;
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
    private static final int KNOWN_FLAGS = Mman.MAP_TYPE | Mman.MAP_FIXED | Mman.MAP_ANONYMOUS | Mman.MAP_POPULATE;

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
        if ((flags & Mman.MAP_HUGETLB) != 0) {
            return hugetlb(file);
        }
        long length = (lengthBytes + Content.SIZE - 1) & -Content.SIZE;
        Optional<Errno> wrong = checkPlace(address, lengthBytes, length, flags);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        Mm mm = process.mm();
        UserfaultEvents events = new UserfaultEvents();
        mm.mmapLock().downWrite();
        Request request = new Request(fixed(flags) ? address : address & -Content.SIZE, length, protection, flags, file, offset, false);
        SysResult result = doMmap(kernel.shmMount(process.node()), mm, request, events);
        mm.writeUnlock();
        events.complete();
        if (result instanceof SysResult.Ok(long start) && (flags & Mman.MAP_POPULATE) != 0) {
            process.node().userMemory().populate().mmPopulate(mm, start, start + length); // errors are not told
        }
        return result;
    }

    private static SysResult hugetlb(Optional<OpenFile> file) {
        if (file.isEmpty()) {
            throw new NotModelled("MAP_HUGETLB: there are no huge pages");
        }
        return SysResult.err(Errno.EINVAL); // no file is one of hugetlbfs
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
    }

    private static boolean fixed(int flags) {
        return (flags & (Mman.MAP_FIXED | Mman.MAP_FIXED_NOREPLACE)) != 0;
    }

    private static Optional<Errno> checkPlace(long address, long asked, long length, int flags) {
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
        return address % Content.SIZE != 0 ? Optional.of(Errno.EINVAL) : Optional.empty();
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
        long start = there ? hint : mm.unmappedArea(length);
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
        if ((request.flags & Mman.MAP_FIXED) != 0) {
            events.unmap(mm, start, start + request.length);
            VmaChange.unmap(mm, start, start + request.length);
        }
        if (!VmFlag.areValid(vmFlags)) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<Vma.FileArea> area = file.map(opened -> new Vma.FileArea(opened.inode().mapping(),
                request.pageOffset(), opened.inode().operations().mmap(opened), opened));
        Vma vma = new Vma(mm, start, start + request.length, vmFlags, area);
        VmaChange.add(vma);
        file.ifPresent(opened -> opened.inode().operations().areaMade(vma));
        return SysResult.ok(start);
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
        UserfaultEvents events = new UserfaultEvents();
        events.unmap(mm, address, address + length);
        VmaChange.unmapAndUnlock(mm, address, address + length);
        events.complete();
        return SysResult.ZERO;
    }
}
