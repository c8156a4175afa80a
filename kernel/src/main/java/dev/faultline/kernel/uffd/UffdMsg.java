package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.FaultFlag;
import dev.faultline.kernel.mm.UserFaultHandler;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.machine.task.Digest;

/// What a program is told (`struct uffd_msg`).
///
/// @param event one of `UFFD_EVENT_*`
/// @param first the three words of the argument, whose meaning the event says
record UffdMsg(int event, long first, long second, long third) {
    /// {@return what a program is told about a fault}
    static UffdMsg pagefault(VmFault fault, UserFaultHandler.Reason reason, long features, int thread) {
        long flags = fault.has(FaultFlag.WRITE) ? Uffd.PAGEFAULT_FLAG_WRITE : 0;
        flags |= switch (reason) {
            case MISSING -> 0;
            case WP -> Uffd.PAGEFAULT_FLAG_WP;
            case MINOR -> Uffd.PAGEFAULT_FLAG_MINOR;
        };
        boolean exact = (features & Uffd.FEATURE_EXACT_ADDRESS) != 0;
        return new UffdMsg(Uffd.EVENT_PAGEFAULT, flags, exact ? fault.realAddress() : fault.address(),
                (features & Uffd.FEATURE_THREAD_ID) != 0 ? thread : 0);
    }

    /// {@return what a program is told about a change of areas}
    static UffdMsg of(UserFaultHandler.Happened happened) {
        int event = switch (happened.event()) {
            case REMAP -> Uffd.EVENT_REMAP;
            case REMOVE -> Uffd.EVENT_REMOVE;
            case UNMAP -> Uffd.EVENT_UNMAP;
        };
        return new UffdMsg(event, happened.from(), happened.to(), happened.lengthBytes());
    }

    /// {@return what a program is told about a child, for which it gets that descriptor}
    static UffdMsg fork(int descriptor) {
        return new UffdMsg(Uffd.EVENT_FORK, descriptor, 0, 0);
    }

    /// {@return the address of the fault}
    long address() {
        return second;
    }

    /// Lays the message out as programs see it.
    void layOut(Content bytes) {
        bytes.store(0, 8, event);
        bytes.store(8, 8, first);
        bytes.store(16, 8, second);
        bytes.store(24, 8, third);
    }

    /// {@return a hash of all fields}
    long hash() {
        return Digest.mix(Digest.mix(event, first), Digest.mix(second, third));
    }
}
