package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.UserMemory;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;

/// A position in a list of ranges of memory (`struct iov_iter`): of a program's, or of pages that the kernel has.
///
/// Every transfer advances it by what was transferred; a caller that fails afterwards reverts. The pages of the kernel's
/// kinds are numbered through, and an address within page number n lies n page sizes further; whoever makes such an
/// iterator keeps the pages as long as it is used.
public final class IovIter {
    private final UserMemory memory;
    private final AtomicCopy atomicCopy;
    private final PageExtraction extraction;
    private final Type type;
    private final Direction direction;
    private final List<Segment> segments;
    private final List<Folio> pages;
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

    /// What the ranges are of (`enum iter_type`).
    public enum Type {
        /// One range of a program's memory.
        UBUF,
        /// Ranges of a program's memory.
        IOVEC,
        /// Ranges of the kernel's memory.
        KVEC,
        /// Parts of pages.
        BVEC,
        /// A queue of folios.
        FOLIOQ,
        /// Pages of a file, one behind the other.
        XARRAY,
        /// Nowhere: what is put there is gone.
        DISCARD
    }

    /// A range of memory that the kernel has.
    ///
    /// @param folios      its pages, in order
    /// @param offset      where in the first of them it starts, in bytes
    public record PageRange(List<Folio> folios, int offset, long lengthBytes) {}

    /// An iterator at the start of `segments` of the memory of whichever program runs.
    public IovIter(UserMemory memory, Parts parts, Direction direction, List<Segment> segments) {
        this(memory, parts, segments.size() == 1 ? Type.UBUF : Type.IOVEC, direction, segments, List.of());
    }

    /// {@return an iterator over pages of the kernel}
    ///
    /// @param type KVEC, BVEC; FOLIOQ, each range of which is a folio from its start on; XARRAY, with one range
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_bvec")
    public static IovIter ofPages(UserMemory memory, Parts parts, Type type, Direction direction, List<PageRange> ranges) {
        List<Segment> segments = new ArrayList<>();
        List<Folio> pages = new ArrayList<>();
        for (PageRange range : ranges) {
            segments.add(new Segment((long) pages.size() * Content.SIZE + range.offset(), range.lengthBytes()));
            pages.addAll(range.folios());
        }
        return new IovIter(memory, parts, type, direction, segments, pages);
    }

    /// {@return an iterator that takes `lengthBytes` bytes and keeps none}
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_discard")
    public static IovIter discard(UserMemory memory, Parts parts, long lengthBytes) {
        return new IovIter(memory, parts, Type.DISCARD, Direction.DESTINATION, List.of(new Segment(0, lengthBytes)),
                List.of());
    }

    private IovIter(UserMemory memory, Parts parts, Type type, Direction direction, List<Segment> segments,
            List<Folio> pages) {
        this.type = type;
        this.pages = List.copyOf(pages);
        this.memory = memory;
        this.extraction = new PageExtraction(memory, parts);
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
        return type == Type.UBUF || type == Type.IOVEC;
    }

    /// {@return the address of the next byte}
    public long address() {
        return segment < segments.size() ? segments.get(segment).address() + offset : 0;
    }

    /// {@return the bytes left where the next byte is: in its segment, or all of them where there is but one, or where
    /// segments do not count}
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_single_seg_count")
    public long singleSegmentCount() {
        return type == Type.KVEC ? count : inSegment();
    }

    Type type() {
        return type;
    }

    boolean isNofault() {
        return nofault;
    }

    /// {@return the segment of the next byte}
    int segmentIndex() {
        return segment;
    }

    /// {@return where in its segment the next byte is}
    long offsetInSegment() {
        return offset;
    }

    /// {@return the bytes left in the segment of the next byte}
    long inSegment() {
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
        while (copied < lengthBytes && count > 0 && is(Direction.DESTINATION)) {
            int chunk = chunk(lengthBytes - copied);
            int missing = put(source, offsetBytes + (int) copied, chunk);
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
        while (copied < lengthBytes && count > 0 && is(Direction.SOURCE)) {
            int chunk = chunk(lengthBytes - copied);
            int missing = take(destination, offsetBytes + (int) copied, chunk);
            advance(chunk - missing);
            copied += chunk - missing;
            if (missing > 0) {
                break;
            }
        }
        return copied;
    }

    /// {@return whether data goes that way} Otherwise the kernel warns.
    private boolean is(Direction wanted) {
        if (direction != wanted) {
            machine().report(Kind.WARNING, "data goes the wrong way through an iov_iter");
        }
        return direction == wanted;
    }

    /// Copies within a page, from `source`. In bytes not copied.
    private int put(Content source, int sourceOffset, int lengthBytes) {
        return switch (type) {
            case UBUF, IOVEC -> memory.access().copyToUser(address(), source, sourceOffset, lengthBytes);
            case KVEC, BVEC, FOLIOQ, XARRAY -> {
                page(address()).data().write(inPage(address()), lengthBytes, source, sourceOffset);
                yield 0;
            }
            case DISCARD -> 0;
        };
    }

    /// Copies within a page, to `destination`. In bytes not copied.
    private int take(Content destination, int destinationOffset, int lengthBytes) {
        return switch (type) {
            case UBUF, IOVEC -> memory.access().copyFromUser(destination, destinationOffset, address(), lengthBytes);
            case KVEC, BVEC, FOLIOQ, XARRAY -> {
                Content bytes = new Content((byte) 0);
                page(address()).data().read(inPage(address()), lengthBytes, bytes);
                destination.copy(destinationOffset, bytes, inPage(address()), lengthBytes);
                yield 0;
            }
            case DISCARD -> lengthBytes;
        };
    }

    Folio page(long address) {
        return pages.get((int) (address / Content.SIZE));
    }

    /// {@return whether the bytes are in pages that the kernel has}
    boolean hasPages() {
        return !pages.isEmpty();
    }

    /// The bytes up to the end of the page, the segment, or `lengthBytes`.
    int chunk(long lengthBytes) {
        long inPage = Content.SIZE - (address() & Content.SIZE - 1);
        return (int) Math.min(Math.min(lengthBytes, inSegment()), inPage);
    }

    /// Copies `lengthBytes` bytes of a page from `offsetBytes` on to the iterator. May fault and sleep
    /// unless page faults are disabled.
    ///
    /// @return the bytes copied
    @Models(file = "lib/iov_iter.c", symbol = "copy_page_to_iter")
    public long copyFolioToIter(Folio folio, int offsetBytes, long lengthBytes) {
        return FolioCopy.toIter(this, folio, offsetBytes, lengthBytes);
    }

    /// Copies `lengthBytes` bytes of the iterator to a page at `offsetBytes`, with page faults disabled:
    /// the caller holds the folio lock.
    ///
    /// @return the bytes copied
    @Models(file = "lib/iov_iter.c", symbol = "copy_folio_from_iter_atomic")
    public long copyFolioFromIterAtomic(Folio folio, int offsetBytes, long lengthBytes) {
        return FolioCopy.fromIterAtomic(this, atomicCopy, folio, offsetBytes, lengthBytes);
    }

    /// Copies `lengthBytes` bytes of the iterator to a page at `offsetBytes`. May fault and sleep unless page faults are
    /// disabled.
    ///
    /// @return the bytes copied
    @Models(file = "lib/iov_iter.c", symbol = "copy_page_from_iter")
    public long copyFolioFromIter(Folio folio, int offsetBytes, long lengthBytes) {
        return FolioCopy.fromIter(this, folio, offsetBytes, lengthBytes);
    }

    static int inPage(long address) {
        return (int) (address & Content.SIZE - 1);
    }

    static int firstPart(long address, long lengthBytes) {
        return (int) Math.min(lengthBytes, Content.SIZE - inPage(address));
    }

    Machine machine() {
        return memory.machine();
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

    /// Takes the pages of the next bytes out, and advances over them. Those of a program are all of one segment, and held
    /// for the caller. Those of the kernel are not: whoever made the iterator keeps them; they may be of several parts
    /// where one ends and the next begins at the edge of a page.
    ///
    /// @return -EFAULT where there are no pages at all
    /// @param lengthBytes how many bytes at most
    /// @param maxPages    how many pages at most
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_extract_pages")
    public ExtractedPages extractPages(long lengthBytes, int maxPages) {
        if (lengthBytes == 0 || count == 0) {
            return new ExtractedPages.Pages(List.of(), FolioHold.NOTHING, 0, 0);
        }
        return switch (type) {
            case UBUF, IOVEC -> extraction.extractUserPages(this, lengthBytes, maxPages);
            case KVEC, BVEC, FOLIOQ, XARRAY ->
                PageExtraction.extractKernelPages(this, Math.min(lengthBytes, count), maxPages);
            case DISCARD -> new ExtractedPages.Failed(Errno.EFAULT);
        };
    }

    /// Takes the pages of the next bytes of a program's memory out, all of one segment, with a reference each, and advances
    /// over them. A page that is only read from may be somebody else's as well.
    ///
    /// @param lengthBytes how many bytes at most
    /// @param maxPages    how many pages at most
    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_get_pages2")
    public ExtractedPages getPages(long lengthBytes, int maxPages) {
        return extraction.userPages(this, lengthBytes, maxPages, FolioHold.REFERENCE);
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
        return faultIn(sizeBytes, (address, bytes) -> memory.faultIn()
                .faultInSafeWriteable(TaskStruct.current(machine()).mm().orElseThrow(), address, bytes));
    }

    /// Faults in one range; in bytes not faulted in.
    private interface Probe {
        long faultIn(long address, long sizeBytes);
    }

    private long faultIn(long sizeBytes, Probe probe) {
        if (!isUserBacked()) {
            return 0;
        }
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

    /// {@return the user memory of the machine}
    public UserMemory memory() {
        return memory;
    }

    /// {@return the segments, the position apart}
    public List<Segment> segments() {
        return segments;
    }
}
