package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.TaskStruct;

/// The copy from user memory into a locked page of the page cache.
public interface AtomicCopy {
    /// The seam at which other forms plug in.
    Part<AtomicCopy> PART = new Part<>("iov.AtomicCopy", AtomicCopy.class);

    /// Today: page faults are disabled, because their handler may need the lock of this very page. Nor may anything
    /// else in it wait.
    AtomicCopy TODAY = (task, from, bytes, offset, lengthBytes) -> {
        from.machine().forbidSleeping();
        task.pagefaultDisable();
        long copied = from.copyFromIter(bytes, offset, lengthBytes);
        task.pagefaultEnable();
        from.machine().allowSleeping();
        return copied;
    };

    /// Copies from the iterator on behalf of `task`.
    ///
    /// @return the bytes copied
    long copy(TaskStruct task, IovIter from, Content bytes, int offset, long lengthBytes);
}
