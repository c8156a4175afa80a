package dev.faultline.kernel.signal;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.UserMemory;
import java.util.List;
import java.util.OptionalLong;

/// Contexts of user mode in the memory of programs, as `swapcontext` changes between them (powerpc).
public final class PowerpcContext {
    /// What swapping came to.
    public enum Result {
        /// The new context is loaded.
        SWAPPED,
        /// -EFAULT, and the program goes on in its own context.
        REFUSED,
        /// The new context turned out to be unreadable when the registers were half loaded: nothing is left to go on in.
        KILLED
    }

    /// Whether a new context is there as a whole, before the registers are touched.
    @FunctionalInterface
    public interface Check {
        /// The seam at which other forms plug in.
        Part<Check> PART = new Part<>("signal.PowerpcContext.Check", Check.class);

        /// Today: every byte must have been faulted in.
        Check TODAY = (memory, address, sizeBytes) -> memory.faultIn().faultInReadable(address, sizeBytes) == 0;

        /// {@return whether it is}
        boolean isThere(UserMemory memory, long address, int sizeBytes);
    }

    private final UserMemory memory;
    private final Parts parts;
    private final Check check;

    /// The contexts of programs with that memory.
    public PowerpcContext(UserMemory memory, Parts parts) {
        this.memory = memory;
        this.parts = parts;
        this.check = parts.get(Check.PART, () -> Check.TODAY);
    }

    /// Stores the registers at `oldContext`, if there is one, and loads those at `newContext`. Between the look at the new
    /// context and its loading another thread may take it away.
    @Models(file = "arch/powerpc/kernel/signal_64.c", symbol = "sys_swapcontext")
    public Result swap(Content registers, OptionalLong oldContext, long newContext, int sizeBytes) {
        if (oldContext.isPresent() && context(IovIter.Direction.DESTINATION, oldContext.getAsLong(), sizeBytes)
                .copyToIter(registers, 0, sizeBytes) < sizeBytes) {
            return Result.REFUSED;
        }
        if (!check.isThere(memory, newContext, sizeBytes)) {
            return Result.REFUSED;
        }
        long loaded = context(IovIter.Direction.SOURCE, newContext, sizeBytes).copyFromIter(registers, 0, sizeBytes);
        return loaded == sizeBytes ? Result.SWAPPED : Result.KILLED;
    }

    private IovIter context(IovIter.Direction direction, long address, int sizeBytes) {
        return new IovIter(memory, parts, direction, List.of(new Segment(address, sizeBytes)));
    }
}
