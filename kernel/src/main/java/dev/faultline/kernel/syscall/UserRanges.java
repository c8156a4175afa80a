package dev.faultline.kernel.syscall;

import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.uapi.Errno;
import java.util.List;
import java.util.Optional;

/// The user memory of a read or a write as the program names it: one range, or an array of them that is itself
/// in user memory (lib/iov_iter.c).
sealed interface UserRanges {
    /// The most that one call transfers (`MAX_RW_COUNT`).
    long MAX_RW_BYTES = 0x7fff_f000L;

    /// The most ranges of an array (`UIO_MAXIOV`).
    int MAX_SEGMENTS = 1024;

    /// Checks the ranges and adds them to `segments`.
    ///
    /// @return -EFAULT if a range, or the array, lies where programs have no memory; -EINVAL for a negative
    ///         length in an array, or too many of them
    Optional<Errno> importInto(Process process, List<Segment> segments);

    /// One range: read(2) and its kin.
    record Single(long address, long lengthBytes) implements UserRanges {
        @Override
        @Models(file = "lib/iov_iter.c", symbol = "import_ubuf")
        public Optional<Errno> importInto(Process process, List<Segment> segments) {
            if (!process.node().userMemory().access().accessOk(address, lengthBytes)) {
                return Optional.of(Errno.EFAULT);
            }
            segments.add(new Segment(address, lengthBytes));
            return Optional.empty();
        }
    }

    /// An array of `count` ranges: readv(2) and its kin.
    record Vector(long address, int count) implements UserRanges {
        @Override
        @Models(file = "lib/iov_iter.c", symbol = "import_iovec")
        public Optional<Errno> importInto(Process process, List<Segment> segments) {
            Optional<Errno> unread = read(process, segments);
            if (unread.isPresent()) {
                return unread;
            }
            long total = 0;
            for (int i = 0; i < segments.size(); i++) {
                Segment segment = segments.get(i);
                long length = Math.min(segment.lengthBytes(), MAX_RW_BYTES - total);
                // Of a single range only what will be used has to be there.
                if (!process.node().userMemory().access().accessOk(segment.address(), count == 1 ? length : segment.lengthBytes())) {
                    return Optional.of(Errno.EFAULT);
                }
                segments.set(i, new Segment(segment.address(), length));
                total += length;
            }
            return Optional.empty();
        }

        /// Adds the ranges to `segments` and looks at nothing but their number and their lengths.
        @Models(file = "lib/iov_iter.c", symbol = "iovec_from_user")
        Optional<Errno> read(Process process, List<Segment> segments) {
            return count < 0 || count > MAX_SEGMENTS ? Optional.of(Errno.EINVAL) : copyIovecFromUser(process, segments);
        }

        @Models(file = "lib/iov_iter.c", symbol = "copy_iovec_from_user")
        private Optional<Errno> copyIovecFromUser(Process process, List<Segment> segments) {
            UserAccess access = process.node().userMemory().access();
            Content words = new Content((byte) 0);
            for (int i = 0; i < count; i++) {
                for (int word = 1; word >= 0; word--) { // the length first
                    if (!copyWord(access, words, 8 * word, address + 16L * i + 8 * word)) {
                        return Optional.of(Errno.EFAULT);
                    }
                }
                if (words.load(8, 8) < 0) {
                    return Optional.of(Errno.EINVAL);
                }
                segments.add(new Segment(words.load(0, 8), words.load(8, 8)));
            }
            return Optional.empty();
        }
    }

    /// Copies eight bytes, which may lie in two pages.
    private static boolean copyWord(UserAccess access, Content words, int offset, long address) {
        int here = (int) Math.min(8, Content.SIZE - (address & Content.SIZE - 1));
        return access.copyFromUser(words, offset, address, here) == 0
                && (here == 8 || access.copyFromUser(words, offset + here, address + here, 8 - here) == 0);
    }
}
