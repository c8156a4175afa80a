package dev.faultline.kernel.signal;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.UserMemory;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.RetryLoop;
import java.util.List;
import java.util.Optional;

/// The registers of the floating-point unit on the stack of a program, around a signal handler (x86).
///
/// They are stored and loaded by one instruction each, with page faults disabled; a fault there means to fault the frame
/// in and to try again.
public final class FpuFrame {
    /// How much of a frame is faulted in after its loading has met a fault: of the bytes that the frame says it has, and
    /// those that the unit loads.
    @FunctionalInterface
    public interface Size {
        /// The seam at which other forms plug in.
        Part<Size> PART = new Part<>("signal.FpuFrame.Size", Size.class);

        /// Today: what is loaded is what must be there.
        Size TODAY = (announcedBytes, stateBytes) -> stateBytes;

        /// {@return the bytes to fault in}
        long toFaultIn(long announcedBytes, long stateBytes);
    }

    private final UserMemory memory;
    private final Parts parts;
    private final Size size;

    /// The frames of programs with that memory.
    public FpuFrame(UserMemory memory, Parts parts) {
        this.memory = memory;
        this.parts = parts;
        this.size = parts.get(Size.PART, () -> Size.TODAY);
    }

    /// Stores the `stateBytes` ≤ 4096 bytes of the unit at `address`.
    ///
    /// @return -EFAULT if they cannot be written
    @Models(file = "arch/x86/kernel/fpu/signal.c", symbol = "copy_fpstate_to_sigframe")
    public Optional<Errno> save(Content registers, long address, int stateBytes) {
        RetryLoop loop = memory.machine().retryLoop("copy_fpstate_to_sigframe");
        for (;;) {
            TaskStruct task = TaskStruct.current(memory.machine());
            task.pagefaultDisable();
            long stored = frame(IovIter.Direction.DESTINATION, address, stateBytes).copyToIter(registers, 0, stateBytes);
            task.pagefaultEnable();
            if (stored == stateBytes) {
                return Optional.empty();
            }
            if (memory.faultIn().faultInWriteable(address, stateBytes) != 0) {
                return Optional.of(Errno.EFAULT);
            }
            loop.again();
        }
    }

    /// Loads the unit from `address`.
    ///
    /// @param announcedBytes how long the frame says it is: a number from the program
    /// @param stateBytes     what the unit loads, at most 4096
    /// @return -EFAULT if the frame cannot be read: the program gets SIGSEGV
    @Models(file = "arch/x86/kernel/fpu/signal.c", symbol = "restore_fpregs_from_user")
    public Optional<Errno> restore(Content registers, long address, long announcedBytes, int stateBytes) {
        RetryLoop loop = memory.machine().retryLoop("restore_fpregs_from_user");
        for (;;) {
            TaskStruct task = TaskStruct.current(memory.machine());
            task.pagefaultDisable();
            long loaded = frame(IovIter.Direction.SOURCE, address, stateBytes).copyFromIter(registers, 0, stateBytes);
            task.pagefaultEnable();
            if (loaded == stateBytes) {
                return Optional.empty();
            }
            if (memory.faultIn().faultInReadable(address, size.toFaultIn(announcedBytes, stateBytes)) != 0) {
                return Optional.of(Errno.EFAULT);
            }
            loop.again();
        }
    }

    private IovIter frame(IovIter.Direction direction, long address, int sizeBytes) {
        return new IovIter(memory, parts, direction, List.of(new Segment(address, sizeBytes)));
    }
}
