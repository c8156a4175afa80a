package dev.faultline.kernel.mm;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Prctl;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;
import java.util.Optional;

/// Accesses to user memory, by programs and by the kernel, and the entry of the page fault
/// (arch/x86/mm/fault.c, lib/usercopy.c).
///
/// A copy goes page by page, each page's part in one step. Left out: copies torn within a page.
public final class UserAccess {
    private final Machine machine;
    private final Memory memory;

    /// Access to the memory of whichever process runs.
    public UserAccess(Machine machine, Memory memory) {
        this.machine = machine;
        this.memory = memory;
    }

    // ---- user mode ----

    /// {@return the `sizeBytes` ≤ 8 bytes at `address`, as the running program reads them}
    ///
    /// @throws SignalRaised if the program may not
    public long load(long address, int sizeBytes) {
        int offset = (int) (address & Content.SIZE - 1);
        if (offset + sizeBytes > Content.SIZE) {
            int head = Content.SIZE - offset;
            return load(address, head) | load(address + head, sizeBytes - head) << 8 * head;
        }
        long value = userAccess(address, false, sizeBytes).load(offset, sizeBytes);
        machine.current().learn(value);
        return value;
    }

    /// Writes the low `sizeBytes` ≤ 8 bytes of `value` to `address`, as the running program does.
    ///
    /// @throws SignalRaised if the program may not
    public void store(long address, int sizeBytes, long value) {
        int offset = (int) (address & Content.SIZE - 1);
        if (offset + sizeBytes > Content.SIZE) {
            int head = Content.SIZE - offset;
            // Neither page is written before both can be.
            userAccess(address, true, head);
            userAccess(address + head, true, sizeBytes - head);
            store(address, head, value);
            store(address + head, sizeBytes - head, value >>> 8 * head);
            return;
        }
        userAccess(address, true, sizeBytes).store(offset, sizeBytes, value);
    }

    private Content userAccess(long tagged, boolean write, int sizeBytes) {
        Content bytes = pageAccess(tagged, write, sizeBytes);
        if (reach(tagged, sizeBytes) < sizeBytes) {
            throw new SignalRaised(Signal.SIGSEGV); // SEGV_MTESERR, SEGV_ADIPERR
        }
        return bytes;
    }

    private Content pageAccess(long tagged, boolean write, int sizeBytes) {
        Mm mm = TaskStruct.current(machine).mm().orElseThrow();
        long address = mm.architecture().untagged(tagged);
        if (address < 0 || address >= Mm.TASK_SIZE) {
            throw new SignalRaised(Signal.SIGSEGV);
        }
        PteSlot slot = mm.slot(address);
        int offset = (int) (address & Content.SIZE - 1);
        Content bytes = slot.mmu().access(write, offset, sizeBytes);
        if (bytes != Mmu.FAULT) {
            return bytes;
        }
        RetryLoop loop = machine.retryLoop("user access");
        for (;;) {
            Optional<Signal> signal = doUserAddrFault(address, write, true).or(memory.physical()::killed);
            if (signal.isPresent()) {
                throw new SignalRaised(signal.get());
            }
            bytes = slot.mmu().access(write, offset, sizeBytes);
            if (bytes != Mmu.FAULT) {
                return bytes;
            }
            loop.again();
        }
    }

    // ---- kernel mode ----

    /// Copies `lengthBytes` bytes from user memory at `address` to `destination` at `offset`, all within
    /// one page of each.
    ///
    /// @return how many bytes were *not* copied
    @Models(file = "lib/usercopy.c", symbol = "_copy_from_user")
    public int copyFromUser(Content destination, int offset, long address, int lengthBytes) {
        Content bytes = kernelAccess(address, false, lengthBytes);
        if (bytes == Mmu.FAULT) {
            return lengthBytes;
        }
        int copied = reach(address, lengthBytes);
        destination.copy(offset, bytes, (int) (address & Content.SIZE - 1), copied);
        return lengthBytes - copied;
    }

    /// Copies 2 MiB from user memory at `address` to a huge page that nobody else knows: in one step where one entry of the
    /// middle level maps them, else page by page.
    ///
    /// @return whether all of it was copied
    @Models(file = "mm/memory.c", symbol = "copy_folio_from_user")
    public boolean copyHugeFromUser(Folio destination, long address) {
        if (!accessOk(address, Thp.BYTES)) {
            return false;
        }
        Mm mm = TaskStruct.current(machine).mm().orElseThrow();
        Optional<PmdSlot> pmd = address % Thp.BYTES == 0 ? mm.pmd(address) : Optional.empty();
        Optional<Folio> whole = pmd.flatMap(HugePte::readWhole)
                .or(() -> pmd.isPresent() && probeReadable(address) ? HugePte.readWhole(pmd.get()) : Optional.empty());
        whole.ifPresent(source -> FolioData.copyHugeWithinStep(source, destination));
        return whole.isPresent() || copyPagesFromUser(destination, address);
    }

    private boolean copyPagesFromUser(Folio destination, long address) {
        int head = Content.SIZE - (int) (address & Content.SIZE - 1);
        for (int i = 0; i < Thp.PAGES; i++) {
            long from = address + (long) i * Content.SIZE;
            Content bytes = destination.page(i).data().content();
            if (copyFromUser(bytes, 0, from, head) != 0
                    || head < Content.SIZE && copyFromUser(bytes, head, from + head, Content.SIZE - head) != 0) {
                return false;
            }
        }
        return true;
    }

    /// Copies `lengthBytes` bytes of `source` at `offset` to user memory at `address`, all within one page
    /// of each.
    ///
    /// @return how many bytes were *not* copied
    @Models(file = "lib/usercopy.c", symbol = "_copy_to_user")
    public int copyToUser(long address, Content source, int offset, int lengthBytes) {
        Content bytes = kernelAccess(address, true, lengthBytes);
        if (bytes == Mmu.FAULT) {
            return lengthBytes;
        }
        int copied = reach(address, lengthBytes);
        bytes.copy((int) (address & Content.SIZE - 1), source, offset, copied);
        return lengthBytes - copied;
    }

    /// {@return whether one byte at `address` can be read (`get_user`)} May fault and sleep unless page
    /// faults are disabled.
    public boolean probeReadable(long address) {
        return readable(address, 1) == 1;
    }

    /// {@return whether one byte at `address` can be written; if so it is zero now (`put_user`)} May fault
    /// and sleep unless page faults are disabled.
    public boolean probeWriteable(long address) {
        Content bytes = kernelAccess(address, true, 1);
        if (bytes == Mmu.FAULT || reach(address, 1) == 0) {
            return false;
        }
        bytes.store((int) (address & Content.SIZE - 1), 1, 0);
        return true;
    }

    /// {@return how many of `lengthBytes` bytes at `address`, all within one page, can be read, from the front} Looks at one
    /// byte of each granule. May fault and sleep unless page faults are disabled.
    @Models(file = "arch/arm64/kernel/mte.c", symbol = "mte_probe_user_range")
    public int readable(long address, int lengthBytes) {
        return kernelAccess(address, false, lengthBytes) == Mmu.FAULT ? 0 : reach(address, lengthBytes);
    }

    /// {@return how many bytes of an access reach memory that matches the tag of the address} The rest of the step of the
    /// access, which the page permitted.
    private int reach(long address, int lengthBytes) {
        TaskStruct task = TaskStruct.current(machine);
        Mm mm = task.mm().orElseThrow();
        Architecture architecture = mm.architecture();
        if (!architecture.hasTags() || architecture.threadsOptIn() && (task.tagControl() & Prctl.PR_MTE_TCF_SYNC) == 0) {
            return lengthBytes;
        }
        return mm.slot(address).mmu().untilMismatch(architecture.tagOf(address), (int) (address & Content.SIZE - 1), lengthBytes);
    }

    /// {@return whether the running thread may name that range of memory in a system call}
    @Models(file = "arch/arm64/include/asm/uaccess.h", symbol = "access_ok")
    public boolean accessOk(long address, long lengthBytes) {
        TaskStruct task = TaskStruct.current(machine);
        Architecture architecture = task.mm().orElseThrow().architecture();
        boolean plain = architecture.threadsOptIn() && (task.tagControl() & Prctl.PR_TAGGED_ADDR_ENABLE) == 0;
        long start = plain ? address : architecture.untagged(address);
        return start >= 0 && lengthBytes >= 0 && start <= Mm.TASK_SIZE - lengthBytes;
    }

    // ---- tags ----

    /// Gives the granule at `address`, which is a multiple of its size, a tag, as the running program does. Memory that
    /// has no tags stays as it is.
    ///
    /// @throws SignalRaised if the program may not write there
    public void setTag(long address, int tag) {
        Architecture architecture = TaskStruct.current(machine).mm().orElseThrow().architecture();
        int granule = architecture.granuleBytes();
        if (address % granule != 0) {
            throw new SignalRaised(Signal.SIGBUS);
        }
        pageAccess(address, true, granule);
        taggedAt(address).ifPresent(data -> {
            data.tags().set(architecture, (int) (address & Content.SIZE - 1), tag);
            data.written();
        });
    }

    /// {@return the tag of the granule at `address`, as the running program reads it} 0 where memory has no tags.
    ///
    /// @throws SignalRaised if the program may not read there
    public int getTag(long address) {
        pageAccess(address, false, 1);
        int tag = taggedAt(address).map(data -> data.tags().get((int) (address & Content.SIZE - 1))).orElse(0);
        machine.current().learn(tag);
        return tag;
    }

    private Optional<FolioData> taggedAt(long address) {
        return TaskStruct.current(machine).mm().orElseThrow().slot(address).mmu().taggedNow();
    }

    private Content kernelAccess(long tagged, boolean write, int lengthBytes) {
        if (!accessOk(tagged, lengthBytes)) {
            return Mmu.FAULT;
        }
        TaskStruct task = TaskStruct.current(machine);
        long address = task.mm().orElseThrow().architecture().untagged(tagged);
        PteSlot slot = task.mm().orElseThrow().slot(address);
        int offset = (int) (address & Content.SIZE - 1);
        Content bytes = slot.mmu().access(write, offset, lengthBytes);
        if (bytes != Mmu.FAULT || task.isPagefaultDisabled()) {
            return bytes;
        }
        RetryLoop loop = machine.retryLoop("kernel access to user memory");
        for (;;) {
            if (doUserAddrFault(address, write, false).isPresent()) {
                return Mmu.FAULT;
            }
            bytes = slot.mmu().access(write, offset, lengthBytes);
            if (bytes != Mmu.FAULT) {
                return bytes;
            }
            loop.again();
        }
    }

    // ---- the fault ----

    /// A page fault at `address`. Takes and drops the lock of the area or `mmap_lock`, for reading.
    ///
    /// @return the signal for the program, or for a kernel-mode access the sign to take its fixup; nothing
    ///         if the access can be restarted
    @Models(file = "arch/x86/mm/fault.c", symbol = "do_user_addr_fault")
    private Optional<Signal> doUserAddrFault(long address, boolean write, boolean user) {
        Mm mm = TaskStruct.current(machine).mm().orElseThrow();
        EnumSet<FaultFlag> flags = EnumSet.of(FaultFlag.ALLOW_RETRY);
        if (write) {
            flags.add(FaultFlag.WRITE);
        }
        if (user) {
            flags.add(FaultFlag.USER);
        }
        if (user && mm.vmaLocking().isTried()) {
            Optional<VmFaultResult> result = underVmaLock(mm, address, flags);
            if (result.isPresent()) {
                return signalOf(result.get());
            }
        }
        RetryLoop loop = machine.retryLoop("do_user_addr_fault");
        for (;;) {
            mm.mmapLock().downRead();
            Optional<Vma> vma = mm.vmaLookup(address);
            if (vma.isEmpty() || !vma.get().permits(write)) {
                mm.mmapLock().upRead();
                return Optional.of(Signal.SIGSEGV);
            }
            VmFaultResult result = memory.handleMmFault(vma.get(), address, flags);
            if (!result.has(VmFaultResult.RETRY)) {
                mm.mmapLock().upRead();
                return signalOf(result);
            }
            Optional<Signal> killed = memory.physical().killed(); // fault_signal_pending
            if (killed.isPresent()) {
                return killed;
            }
            flags.add(FaultFlag.TRIED);
            loop.again();
        }
    }

    /// Tries to handle a fault of a program without `mmap_lock`.
    ///
    /// @return nothing if it has to be handled under `mmap_lock`
    private Optional<VmFaultResult> underVmaLock(Mm mm, long address, EnumSet<FaultFlag> flags) {
        Optional<Vma> locked = mm.vmaLocks().lockVmaUnderRcu(address);
        if (locked.isEmpty()) {
            return Optional.empty();
        }
        Vma vma = locked.get();
        if (!vma.permits(flags.contains(FaultFlag.WRITE))) {
            mm.vmaLocks().endRead(vma, address);
            return Optional.of(VmFaultResult.SIGSEGV);
        }
        EnumSet<FaultFlag> underLock = EnumSet.copyOf(flags);
        underLock.add(FaultFlag.VMA_LOCK);
        VmFaultResult result = memory.handleMmFault(vma, address, underLock);
        if (!result.has(VmFaultResult.RETRY)) {
            mm.vmaLocks().endRead(vma, address);
            return Optional.of(result);
        }
        if (result.has(VmFaultResult.MAJOR)) {
            flags.add(FaultFlag.TRIED);
        }
        return Optional.empty();
    }

    private static Optional<Signal> signalOf(VmFaultResult result) {
        if (!result.isError()) {
            return Optional.empty();
        }
        return Optional.of(result.has(VmFaultResult.SIGSEGV) ? Signal.SIGSEGV : Signal.SIGBUS);
    }
}
