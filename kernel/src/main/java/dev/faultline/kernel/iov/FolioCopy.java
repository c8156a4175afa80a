package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TaskStruct;

/// Copies between an iterator and a page, which may be one and the same memory: then a copy goes forward, and where it meets
/// bytes that it has written, it copies those.
final class FolioCopy {
    private FolioCopy() {}

    /// Copies to the iterator.
    ///
    /// @return the bytes copied
    static long toIter(IovIter to, Folio folio, int offsetBytes, long lengthBytes) {
        Content bytes = new Content((byte) 0);
        int wanted = (int) Math.min(lengthBytes, to.count());
        if (wanted == 0) {
            return 0;
        }
        folio.data().read(offsetBytes, wanted, bytes);
        long copied = 0;
        while (copied < wanted) {
            long start = to.address();
            int from = offsetBytes + (int) copied;
            int chunk = to.chunk(wanted - copied);
            int part = (int) to.copyToIter(bytes, from, chunk);
            copied += part;
            if (part > 0 && isAt(to, start, folio)) {
                goForward(folio.data().content(), from, IovIter.inPage(start), part);
                bytes.copy(0, folio.data().content(), 0, Content.SIZE);
            }
            if (part < chunk) {
                break;
            }
        }
        return copied;
    }

    private static void goForward(Content page, int from, int to, int lengthBytes) {
        for (int i = to - from; from < to && i < lengthBytes; i++) {
            page.store(to + i, 1, page.get(from + i));
        }
    }

    /// Copies from the iterator in the way of this kernel that handles no page faults.
    ///
    /// @return the bytes copied
    static long fromIterAtomic(IovIter from, AtomicCopy way, Folio folio, int offsetBytes, long lengthBytes) {
        Content bytes = new Content((byte) 0);
        int firstSegment = from.segmentIndex();
        long firstOffset = from.offsetInSegment();
        long copied = way.copy(TaskStruct.current(from.machine()), from, bytes, offsetBytes, lengthBytes);
        if (copied > 0) {
            putRight(from, folio, bytes, offsetBytes, (int) copied, firstSegment, firstOffset);
            folio.data().write(offsetBytes, (int) copied, bytes, offsetBytes);
        }
        return copied;
    }

    /// Copies from the iterator.
    ///
    /// @return the bytes copied
    static long fromIter(IovIter from, Folio folio, int offsetBytes, long lengthBytes) {
        Content bytes = new Content((byte) 0);
        long wanted = Math.min(lengthBytes, from.count());
        long copied = 0;
        while (copied < wanted) {
            int at = offsetBytes + (int) copied;
            int chunk = from.chunk(wanted - copied);
            int firstSegment = from.segmentIndex();
            long firstOffset = from.offsetInSegment();
            int part = (int) from.copyFromIter(bytes, at, chunk);
            if (part > 0) {
                putRight(from, folio, bytes, at, part, firstSegment, firstOffset);
                folio.data().write(at, part, bytes, at);
            }
            copied += part;
            if (part < chunk) {
                break;
            }
        }
        return copied;
    }

    /// Puts right the `copied` bytes for `folio`, from there in the segments, where they come from that very page.
    private static void putRight(
            IovIter iter, Folio folio, Content bytes, int offsetBytes, int copied, int fromSegment, long fromOffset) {
        int done = 0;
        int at = fromSegment;
        long skip = fromOffset;
        while (done < copied) {
            Segment source = iter.segments().get(at);
            long address = source.address() + skip;
            int part = IovIter.firstPart(address, Math.min(copied - done, source.lengthBytes() - skip));
            if (part > 0 && isAt(iter, address, folio)) {
                for (int i = 0; i < part; i++) {
                    int from = IovIter.inPage(address) + i;
                    if (from >= offsetBytes && from < offsetBytes + done + i) {
                        bytes.store(offsetBytes + done + i, 1, bytes.get(from));
                    }
                }
            }
            done += part;
            skip += part;
            if (skip == source.lengthBytes()) {
                at++;
                skip = 0;
            }
        }
    }

    /// {@return whether the page is what lies at that address of the iterator}
    private static boolean isAt(IovIter iter, long address, Folio folio) {
        if (!iter.isUserBacked()) {
            return iter.hasPages() && iter.page(address) == folio;
        }
        return TaskStruct.current(iter.machine()).mm().orElseThrow().slot(address).peek() instanceof Pte.Present present
                && present.folio() == folio;
    }
}
