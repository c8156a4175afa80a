package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
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

    private Content userAccess(long address, boolean write, int sizeBytes) {
        Mm mm = TaskStruct.current(machine).mm().orElseThrow();
        if (address < 0 || address >= Mm.TASK_SIZE) {
            throw new SignalRaised(Signal.SIGSEGV);
        }
        PteSlot slot = mm.slot(address);
        int offset = (int) (address & Content.SIZE - 1);
        Content bytes = slot.access(write, offset, sizeBytes);
        if (bytes != PteSlot.FAULT) {
            return bytes;
        }
        RetryLoop loop = machine.retryLoop("user access");
        for (;;) {
            Optional<Signal> signal = doUserAddrFault(address, write, true);
            if (signal.isPresent()) {
                throw new SignalRaised(signal.get());
            }
            bytes = slot.access(write, offset, sizeBytes);
            if (bytes != PteSlot.FAULT) {
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
        if (bytes == PteSlot.FAULT) {
            return lengthBytes;
        }
        destination.copy(offset, bytes, (int) (address & Content.SIZE - 1), lengthBytes);
        return 0;
    }

    /// Copies `lengthBytes` bytes of `source` at `offset` to user memory at `address`, all within one page
    /// of each.
    ///
    /// @return how many bytes were *not* copied
    @Models(file = "lib/usercopy.c", symbol = "_copy_to_user")
    public int copyToUser(long address, Content source, int offset, int lengthBytes) {
        Content bytes = kernelAccess(address, true, lengthBytes);
        if (bytes == PteSlot.FAULT) {
            return lengthBytes;
        }
        bytes.copy((int) (address & Content.SIZE - 1), source, offset, lengthBytes);
        return 0;
    }

    /// {@return whether one byte at `address` can be read (`get_user`)} May fault and sleep unless page
    /// faults are disabled.
    public boolean probeReadable(long address) {
        return kernelAccess(address, false, 1) != PteSlot.FAULT;
    }

    /// {@return whether one byte at `address` can be written; if so it is zero now (`put_user`)} May fault
    /// and sleep unless page faults are disabled.
    public boolean probeWriteable(long address) {
        Content bytes = kernelAccess(address, true, 1);
        if (bytes == PteSlot.FAULT) {
            return false;
        }
        bytes.store((int) (address & Content.SIZE - 1), 1, 0);
        return true;
    }

    private Content kernelAccess(long address, boolean write, int lengthBytes) {
        TaskStruct task = TaskStruct.current(machine);
        if (address < 0 || address > Mm.TASK_SIZE - lengthBytes) {
            return PteSlot.FAULT; // access_ok
        }
        PteSlot slot = task.mm().orElseThrow().slot(address);
        int offset = (int) (address & Content.SIZE - 1);
        Content bytes = slot.access(write, offset, lengthBytes);
        if (bytes != PteSlot.FAULT || task.isPagefaultDisabled()) {
            return bytes;
        }
        RetryLoop loop = machine.retryLoop("kernel access to user memory");
        for (;;) {
            if (doUserAddrFault(address, write, false).isPresent()) {
                return PteSlot.FAULT;
            }
            bytes = slot.access(write, offset, lengthBytes);
            if (bytes != PteSlot.FAULT) {
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
