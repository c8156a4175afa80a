package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.GupResult;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.UserMemory;
import dev.faultline.machine.task.Machine;
import java.util.EnumSet;
import java.util.List;

/// A position in a list of ranges of user memory (`struct iov_iter` of kinds IOVEC and UBUF).
///
/// Every transfer advances it by what was transferred; a caller that fails afterwards reverts.
public final class IovIter {
    private final UserMemory memory;
    private final PagePinning pinning;
    private final AtomicCopy atomicCopy;
    private final Direction direction;
    private final List<Segment> segments;
    private int segment;
    private long offset;
    private long count;
    private boolean nofault;

    /// Which way the data goes.
    public enum Direction {
        /// The iterator is where data comes from: write(2).
        SOURCE,
        /// The iterator is where data goes to: read(2).
        DESTINATION
    }

    /// An iterator at the start of `segments`.
    public IovIter(UserMemory memory, Parts parts, Direction direction, List<Segment> segments) {
        this.memory = memory;
        this.pinning = parts.get(PagePinning.PART, () -> PagePinning.TODAY);
        this.atomicCopy = parts.get(AtomicCopy.PART, () -> AtomicCopy.TODAY);
        this.direction = direction;
        this.segments = List.copyOf(segments);
        this.count = segments.stream().mapToLong(Segment::lengthBytes).sum();
        settle();
    }

    /// {@return the bytes that are left}
    public long count() {
        return count;
    }

    /// {@return which way the data goes}
    public Direction direction() {
        return direction;
    }

    /// {@return whether the memory belongs to a program, so that touching it can fault}
    public boolean isUserBacked() {
        return true;
    }

    /// {@return the address of the next byte}
    public long address() {
        return segment < segments.size() ? segments.get(segment).address() + offset : 0;
    }

    /// {@return the bytes left in the segment of the next byte (`iov_iter_single_seg_count`)}
    public long singleSegmentCount() {
        return segment < segments.size() ? Math.min(count, segments.get(segment).lengthBytes() - offset) : 0;
    }

    /// {@return the address and length of every piece that is left, or-ed: how far they are aligned}
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_alignment")
    public long alignment() {
        long all = 0;
        long left = count;
        long skip = offset;
        for (int i = segment; left > 0; i++, skip = 0) {
            long here = Math.min(left, segments.get(i).lengthBytes() - skip);
            if (here > 0) {
                all |= segments.get(i).address() + skip | here;
            }
            left -= here;
        }
        return all;
    }

    /// Says whether taking pages out may handle faults. Copies are not affected.
    public void setNofault(boolean value) {
        nofault = value;
    }

    /// Goes `lengthBytes` bytes on, or to the end.
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_advance")
    public void advance(long lengthBytes) {
        long left = Math.min(lengthBytes, count);
        count -= left;
        while (left > 0) {
            long here = Math.min(left, segments.get(segment).lengthBytes() - offset);
            offset += here;
            left -= here;
            settle();
        }
    }

    private void settle() {
        while (segment < segments.size() && offset == segments.get(segment).lengthBytes()) {
            segment++;
            offset = 0;
        }
    }

    /// Goes back over `lengthBytes` bytes that were consumed.
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_revert")
    public void revert(long lengthBytes) {
        count += lengthBytes;
        long left = lengthBytes;
        while (left > 0) {
            if (offset == 0) {
                segment--;
                offset = segments.get(segment).lengthBytes();
            }
            long here = Math.min(left, offset);
            offset -= here;
            left -= here;
        }
    }

    /// Lowers what is left to at most `lengthBytes`.
    public void truncate(long lengthBytes) {
        count = Math.min(count, lengthBytes);
    }

    /// Sets what is left, after [#truncate].
    public void reexpand(long lengthBytes) {
        count = lengthBytes;
    }

    // ---- copies: the result is in bytes, and may be short where user memory faults ----

    /// Copies `lengthBytes` bytes of `source` from `offsetBytes` on to the iterator.
    ///
    /// @return the bytes copied
    @Models(file = "lib/iov_iter.c", symbol = "_copy_to_iter")
    public long copyToIter(Content source, int offsetBytes, long lengthBytes) {
        long copied = 0;
        while (copied < lengthBytes && count > 0) {
            int chunk = chunk(lengthBytes - copied);
            int missing = memory.access().copyToUser(address(), source, offsetBytes + (int) copied, chunk);
            advance(chunk - missing);
            copied += chunk - missing;
            if (missing > 0) {
                break;
            }
        }
        return copied;
    }

    /// Copies `lengthBytes` bytes of the iterator to `destination` at `offsetBytes`.
    ///
    /// @return the bytes copied
    @Models(file = "lib/iov_iter.c", symbol = "_copy_from_iter")
    public long copyFromIter(Content destination, int offsetBytes, long lengthBytes) {
        long copied = 0;
        while (copied < lengthBytes && count > 0) {
            int chunk = chunk(lengthBytes - copied);
            int missing = memory.access().copyFromUser(destination, offsetBytes + (int) copied, address(), chunk);
            advance(chunk - missing);
            copied += chunk - missing;
            if (missing > 0) {
                break;
            }
        }
        return copied;
    }

    /// The bytes up to the end of the user page, the segment, or `lengthBytes`.
    private int chunk(long lengthBytes) {
        long inPage = Content.SIZE - (address() & Content.SIZE - 1);
        return (int) Math.min(Math.min(lengthBytes, singleSegmentCount()), inPage);
    }

    /// Copies `lengthBytes` bytes of a page from `offsetBytes` on to the iterator. May fault and sleep
    /// unless page faults are disabled.
    ///
    /// @return the bytes copied
    @Models(file = "lib/iov_iter.c", symbol = "copy_page_to_iter")
    public long copyFolioToIter(Folio folio, int offsetBytes, long lengthBytes) {
        Content bytes = new Content((byte) 0);
        int wanted = (int) Math.min(lengthBytes, count);
        if (wanted == 0) {
            return 0;
        }
        folio.data().read(offsetBytes, wanted, bytes);
        long copied = 0;
        while (copied < wanted) {
            long start = address();
            int from = offsetBytes + (int) copied;
            int chunk = chunk(wanted - copied);
            int part = (int) copyToIter(bytes, from, chunk);
            copied += part;
            if (part > 0 && isMappedAt(start, folio)) {
                copyForward(folio.data().content(), from, inPage(start), part);
                bytes.copy(0, folio.data().content(), 0, Content.SIZE);
            }
            if (part < chunk) {
                break;
            }
        }
        return copied;
    }

    /// A copy within one page goes forward: where it meets bytes that it has written, it copies those.
    private static void copyForward(Content page, int from, int to, int lengthBytes) {
        for (int i = to - from; from < to && i < lengthBytes; i++) {
            page.store(to + i, 1, page.get(from + i));
        }
    }

    /// Puts right the `copied` bytes for `folio`, from there in the segments, where they come from that very page.
    private void copyForward(Folio folio, Content bytes, int offsetBytes, int copied, int fromSegment, long fromOffset) {
        int done = 0;
        int at = fromSegment;
        long skip = fromOffset;
        while (done < copied) {
            Segment source = segments.get(at);
            long address = source.address() + skip;
            int part = firstPart(address, Math.min(copied - done, source.lengthBytes() - skip));
            if (part > 0 && isMappedAt(address, folio)) {
                for (int i = 0; i < part; i++) {
                    int from = inPage(address) + i;
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

    private boolean isMappedAt(long address, Folio folio) {
        return TaskStruct.current(memory.machine()).mm().orElseThrow().slot(address).peek() instanceof Pte.Present present
                && present.folio() == folio;
    }

    private static int inPage(long address) {
        return (int) (address & Content.SIZE - 1);
    }

    private static int firstPart(long address, long lengthBytes) {
        return (int) Math.min(lengthBytes, Content.SIZE - inPage(address));
    }

    Machine machine() {
        return memory.machine();
    }

    /// Copies `lengthBytes` bytes of the iterator to a page at `offsetBytes`, with page faults disabled:
    /// the caller holds the folio lock.
    ///
    /// @return the bytes copied
    @Models(file = "lib/iov_iter.c", symbol = "copy_folio_from_iter_atomic")
    public long copyFolioFromIterAtomic(Folio folio, int offsetBytes, long lengthBytes) {
        Content bytes = new Content((byte) 0);
        int firstSegment = segment;
        long firstOffset = offset;
        long copied = atomicCopy.copy(TaskStruct.current(machine()), this, bytes, offsetBytes, lengthBytes);
        if (copied > 0) {
            copyForward(folio, bytes, offsetBytes, (int) copied, firstSegment, firstOffset);
            folio.data().write(offsetBytes, (int) copied, bytes, offsetBytes);
        }
        return copied;
    }

    /// Fills `lengthBytes` bytes of the iterator with zeroes. May fault and sleep unless page faults are
    /// disabled, whatever [#setNofault] says.
    ///
    /// @return the bytes filled
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_zero")
    public long zero(long lengthBytes) {
        Content zeroes = new Content((byte) 0);
        long done = 0;
        while (done < lengthBytes) {
            long part = copyToIter(zeroes, 0, Math.min(Content.SIZE, lengthBytes - done));
            done += part;
            if (part == 0) {
                break;
            }
        }
        return done;
    }

    // ---- pages ----

    /// Takes the pages of the next bytes out, all of one segment, and advances over them.
    ///
    /// @param lengthBytes how many bytes at most
    /// @param maxPages    how many pages at most
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_extract_pages")
    public ExtractedPages extractPages(long lengthBytes, int maxPages) {
        long wanted = Math.min(lengthBytes, singleSegmentCount());
        int pageOffset = (int) (address() & Content.SIZE - 1);
        int pages = (int) Math.min(maxPages, (pageOffset + wanted + Content.SIZE - 1) / Content.SIZE);
        EnumSet<GupFlag> flags = EnumSet.noneOf(GupFlag.class);
        if (direction == Direction.DESTINATION) {
            flags.add(GupFlag.WRITE);
        }
        if (pinning.hold() == FolioHold.PIN) {
            flags.add(GupFlag.PIN);
        }
        if (nofault) {
            flags.add(pinning.nofault());
        }
        return switch (memory.gup().getUserPagesFast(address(), pages, flags)) {
            case GupResult.Failed(var errno) -> new ExtractedPages.Failed(errno);
            case GupResult.Pages(List<Folio> folios) -> extracted(folios, pageOffset, wanted);
        };
    }

    private ExtractedPages extracted(List<Folio> folios, int pageOffset, long wanted) {
        long got = folios.isEmpty() ? 0 : Math.min(wanted, (long) folios.size() * Content.SIZE - pageOffset);
        advance(got);
        return new ExtractedPages.Pages(folios, pinning.hold(), pageOffset, got);
    }

    // ---- faulting in ----

    /// Faults the next `sizeBytes` bytes in for reading.
    ///
    /// @return the bytes *not* faulted in; bytes beyond [#count] count as such
    @Models(file = "lib/iov_iter.c", symbol = "fault_in_iov_iter_readable")
    public long faultInReadable(long sizeBytes) {
        return faultIn(sizeBytes, memory.faultIn()::faultInReadable);
    }

    /// Faults the next `sizeBytes` bytes in for writing, without changing them.
    ///
    /// @return the bytes *not* faulted in; bytes beyond [#count] count as such
    @Models(file = "lib/iov_iter.c", symbol = "fault_in_iov_iter_writeable")
    public long faultInWriteable(long sizeBytes) {
        var mm = TaskStruct.current(memory.machine()).mm().orElseThrow();
        return faultIn(sizeBytes, (address, bytes) -> memory.faultIn().faultInSafeWriteable(mm, address, bytes));
    }

    /// Faults in one range; in bytes not faulted in.
    private interface Probe {
        long faultIn(long address, long sizeBytes);
    }

    private long faultIn(long sizeBytes, Probe probe) {
        long left = Math.min(sizeBytes, count);
        long notDone = sizeBytes - left;
        long skip = offset;
        for (int i = segment; left > 0; i++, skip = 0) {
            long here = Math.min(left, segments.get(i).lengthBytes() - skip);
            if (here == 0) {
                continue;
            }
            long missing = probe.faultIn(segments.get(i).address() + skip, here);
            left -= here - missing;
            if (missing > 0) {
                break;
            }
        }
        return notDone + left;
    }

    /// {@return the user memory that the iterator is in}
    public UserMemory memory() {
        return memory;
    }

    /// {@return the segments, the position apart}
    public List<Segment> segments() {
        return segments;
    }
}
