package dev.faultline.kernel.syscall;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.UserAccess;

/// A few bytes of user memory, which may lie in two pages.
final class UserWords {
    private UserWords() {}

    /// Copies `sizeBytes` bytes from `address` to the start of `words`.
    ///
    /// @return whether all could be read
    static boolean in(Process process, long address, Content words, int sizeBytes) {
        UserAccess access = process.node().userMemory().access();
        int here = head(address, sizeBytes);
        return access.copyFromUser(words, 0, address, here) == 0
                && (here == sizeBytes || access.copyFromUser(words, here, address + here, sizeBytes - here) == 0);
    }

    /// Copies the first `sizeBytes` bytes of `words` to `address`.
    ///
    /// @return whether all could be written
    static boolean out(Process process, long address, Content words, int sizeBytes) {
        UserAccess access = process.node().userMemory().access();
        int here = head(address, sizeBytes);
        return access.copyToUser(address, words, 0, here) == 0
                && (here == sizeBytes || access.copyToUser(address + here, words, here, sizeBytes - here) == 0);
    }

    private static int head(long address, int sizeBytes) {
        return (int) Math.min(sizeBytes, Content.SIZE - (address & Content.SIZE - 1));
    }
}
