package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.live.conform.Rule.Effect;
import java.util.List;
import java.util.stream.Stream;

/// The known abstractions. docs/conformance.md says of each what it leaves out, and what that hides.
public final class Rules {
    private static final int SECTOR = 512;
    private static final int RWF_NOWAIT = 8;
    private static final int RWF_ATOMIC = 0x40;
    private static final int RWF_OPERAND = 4;
    private static final long MOST_INLINE_BYTES = 2048;

    /// Direct I/O with memory that does not lie at, or is not a multiple of, the size of a sector. Whether the
    /// device takes it depends on the device, on whether the pages of the buffer happen to be neighbours in
    /// physical memory, and on how many of them there are. The model asks for the first range to lie at a sector.
    /// Where both refuse it, they may have come differently far.
    private static final Rule DIRECT_MEMORY_ALIGNMENT = new Rule("direct-memory-alignment", Effect.STOP,
            it -> isMisaligned(it) || it.showsOther() && it.anyBefore(Rules::isMisaligned));

    /// A direct transfer that is no multiple of a sector is refused where there is a block, and before its memory is
    /// looked at as far as one extent goes. Where blocks are depends on what Linux allocates beyond what was asked
    /// for: delayed, by large folios, unwritten ones that a failed write leaves.
    private static final Rule DIRECT_PART_OF_A_BLOCK = new Rule("direct-part-of-a-block", Effect.STOP,
            it -> it.isSaid(Errno.EINVAL) && (it.isDirectSplice() || it.isDirect() && isPartOfABlock(it)));

    /// Bytes after a direct write that failed or fell short. How far it came depends on where extents end and on what the
    /// device takes; what it wrote is on disk, and the pages that its own memory faulted in stay in the cache as they
    /// were, with read-ahead more of them.
    private static final Rule BYTES_AFTER_FAILED_DIRECT_WRITE = new Rule("bytes-after-failed-direct-write", Effect.STOP,
            it -> it.showsOther() && it.followsFailedWrite(true),
            (it, wrong) -> wrong.startsWith("CORRUPTION") && wrong.contains("is clean, but its bytes differ from those on disk")
                    && it.followsFailedWrite(true));

    /// A direct write whose memory cannot be had, or only a part of it, behind a buffered write that failed: that one
    /// may leave a page that cannot be dropped, so that Linux goes through the page cache, where a part counts; or
    /// blocks where the model has a hole.
    private static final Rule DIRECT_FALLS_BACK = new Rule("direct-falls-back", Effect.STOP,
            it -> it.isDirect() && it.isSaid(Errno.EFAULT) && it.ours().errno() != it.host().errno()
                    && it.followsFailedWrite(false));

    /// A direct write or a vmsplice from memory that is for writing only. It may not be taken, but is where it is mapped already
    /// (`get_user_pages_fast` looks at the entry alone): Linux maps the pages around a fault that are cached.
    private static final Rule MAPPED_AROUND_A_FAULT = new Rule("mapped-around-a-fault", Effect.STOP,
            it -> it.hasWriteOnlyMemory() && (it.isFailedDirectWrite() || it.anyBefore(Case::isFailedDirectWrite)
                    || it.isOwn("vmsplice") && it.ours().errno() == Errno.EFAULT.number()));

    /// A page that is in the page cache, of an area that a userfaultfd serves: Linux has mapped it already, around a fault that
    /// came before. Who reaches for it meets no fault, and nothing can be filled in there.
    private static final Rule SERVED_PAGE_IS_MAPPED = new Rule("served-page-is-mapped", Effect.STOP,
            it -> it.servesMinorFaults() && it.isAccessThatGoesFurther()
                    || it.isOwn("ioctl") && it.isFilledOnHostAlready() && it.mapsAFile());

    /// Bytes after a buffered write into several pages that came to some of them only, in a program that writes through
    /// a shared mapping. Linux tries with a large folio first and rejects what was copied into it; by then it has
    /// moved the end of the file, and zeroed what the mapping had written behind the old end, where the copy that
    /// counts reads it. The model goes page by page.
    private static final Rule LARGE_FOLIO_REJECTED = new Rule("large-folio-rejected", Effect.STOP,
            it -> it.isMappedForWriting() && it.showsOther() && it.followsPartOfAWrite());

    /// Bytes that are zero in the model after an msync(2) of a part of a file. Writing a page back zeroes what a mapping
    /// wrote behind the end of the file, and the model writes every page back, not only those of the range.
    private static final Rule MSYNC_WRITES_THE_WHOLE_FILE = new Rule("msync-writes-the-whole-file", Effect.STOP,
            it -> it.isZeroedByModel() && it.anyBefore(before -> before.isOwn("msync")
                    && (before.call().number(2) & Mman.MS_SYNC) != 0));

    /// Linux reads ahead and maps around a fault, so that more pages of a file are in memory than were asked for. What
    /// the model has in memory must be there on the host too, but for the page at the end of a file whose size has
    /// changed: where only its tail was zeroed, Linux does not mark it as read.
    private static final Rule MORE_PAGES_IN_MEMORY = new Rule("more-pages-in-memory", Effect.GO_ON,
            it -> it.isOwn("mincore") && it.ours().errno() == 0 && it.host().errno() == 0 && (hasAllOfOurPages(it)
                    || it.anyBefore(before -> before.isOwn("f?truncate|(aio_)?p?writev?2?"))));

    /// Unwritten blocks are data to lseek(2) where their pages are in memory, and Linux reads ahead.
    private static final Rule READ_AHEAD_IS_DATA = new Rule("read-ahead-is-data", Effect.STOP,
            it -> it.isOwn("lseek") && it.hasSucceeded("fallocate") && hasMoreData(it));

    /// Bytes behind the end of a file that was cut, which a mapping has written, and which Linux has zeroed after something
    /// was made durable: a commit of the journal writes the data of every file that it orders before it, and zeroes what
    /// lies behind their ends. The model has no journal.
    private static final Rule JOURNAL_ORDERS_DATA = new Rule("journal-orders-data", Effect.STOP,
            it -> it.isMappedForWriting() && it.isZeroedByHost() && it.hasSucceeded("f?truncate")
                    && (it.hasSucceeded("fsync|fdatasync|msync") || it.anyBefore(Case::isDurableWrite)));

    /// EIO of a direct read behind a buffered write that failed or fell short, on ext4: it leaves blocks reserved behind the
    /// end of the file, and iomap takes a direct read that reaches one for a race with a store (docs/conformance.md).
    private static final Rule RESERVED_BLOCK_STAYS = new Rule("reserved-block-stays", Effect.STOP,
            it -> (it.isDirect() || it.isDirectSplice()) && it.host().errno() == Errno.EIO.number()
                    && it.followsFailedWrite(false));

    /// An atomic write, on xfs: it has them as far as its log is long.
    private static final Rule ATOMIC_WRITE = new Rule("atomic-write", Effect.STOP,
            it -> it.isOwn("pwritev2|aio_writev?") && hasFlag(it, RWF_ATOMIC) && it.ours().errno() == Errno.EOPNOTSUPP.number());

    /// Bytes behind a short copy into a hole, on xfs.
    private static final Rule BYTES_BEHIND_A_SHORT_COPY = new Rule("bytes-behind-a-short-copy", Effect.STOP,
            it -> it.showsOther() && it.followsFailedWrite(false));

    /// Bytes after a direct read on btrfs, in a program with a file so small that its data may lie beside its inode: such a
    /// file is read through the cache, and what lies behind its end in the block is not zeroed in memory.
    private static final Rule INLINE_DATA = new Rule("inline-data", Effect.STOP, it -> it.showsOther()
            && it.program().files().stream().anyMatch(file -> file.sizeBytes() > 0 && file.sizeBytes() <= MOST_INLINE_BYTES)
            && it.anyBefore(before -> before.isOwn("(aio_)?p?readv?2?") && before.isDirect() && before.ours().value() > 0));

    /// Bytes after a direct read on btrfs that reached behind the end of the file. Where Linux finds that a write which has
    /// returned is not yet entered in the tree, it reads through the cache, and leaves the memory behind the end alone.
    private static final Rule ENTERED_LATER = new Rule("entered-later", Effect.STOP, it -> it.showsOther()
            && it.anyBefore(Case::isShortDirectRead));

    /// Bytes behind the end of a file on btrfs that a mapping has written, and that Linux has zeroed when fallocate(2) or direct I/O
    /// wrote back a range elsewhere in the file: blocks that are promised side by side are written back together.
    private static final Rule WRITTEN_BACK_TOGETHER = new Rule("written-back-together", Effect.STOP,
            it -> it.isMappedForWriting() && it.isZeroedByHost()
                    && (it.hasSucceeded("fallocate") || it.anyBefore(Case::isDirect)));

    /// Bytes after a copy from a range of memory to one that it overlaps, or between a file and a mapping of it: the processor
    /// copies some bytes at a time, and reads what it has just written, or has not yet.
    private static final Rule COPIES_ONTO_ITSELF = new Rule("copies-onto-itself", Effect.STOP,
            it -> it.showsOther() && it.anyBefore(before -> before.copiesOntoItself() || before.copiesAMapping()));

    private Rules() {}

    /// {@return the rules for programs on a file system of that type}
    public static List<Rule> of(String fileSystem) {
        return switch (fileSystem) {
            case "tmpfs" -> List.of(MORE_PAGES_IN_MEMORY, SERVED_PAGE_IS_MAPPED, COPIES_ONTO_ITSELF);
            case "xfs" -> onDisks(ATOMIC_WRITE, READ_AHEAD_IS_DATA, BYTES_BEHIND_A_SHORT_COPY, readInTime(false));
            case "btrfs" -> onDisks(INLINE_DATA, ENTERED_LATER, WRITTEN_BACK_TOGETHER, readInTime(true));
            case "ext4" -> onDisks(JOURNAL_ORDERS_DATA, RESERVED_BLOCK_STAYS, READ_AHEAD_IS_DATA, readInTime(false));
            default -> onDisks(readInTime(false));
        };
    }

    private static List<Rule> onDisks(Rule... more) {
        return Stream.concat(Stream.of(DIRECT_MEMORY_ALIGNMENT, DIRECT_PART_OF_A_BLOCK, BYTES_AFTER_FAILED_DIRECT_WRITE,
                DIRECT_FALLS_BACK, MAPPED_AROUND_A_FAULT, LARGE_FOLIO_REJECTED, MSYNC_WRITES_THE_WHOLE_FILE,
                MORE_PAGES_IN_MEMORY, SERVED_PAGE_IS_MAPPED, COPIES_ONTO_ITSELF),
                Stream.of(more)).toList();
    }

    /// A read that must not wait, of a page that is not cached: readahead brings it in, in time or not. Both may be; in
    /// one execution the model shows one. A direct read that must not wait, where Linux has not yet written back what the file
    /// held when the program began. A write that must not wait, on xfs: whether the time of the change has been noted already.
    ///
    /// @param directToo whether direct reads go through the cache where they are not of whole blocks
    private static Rule readInTime(boolean directToo) {
        return new Rule("read-in-time", Effect.STOP, it -> {
            boolean read = it.isOwn("preadv2|aio_readv?") && (directToo || !it.isDirect());
            boolean otherLength = read && it.ours().errno() == 0 && it.host().errno() == 0
                    && it.ours().value() != it.host().value();
            boolean notYetWritten = it.isOwn("preadv2|aio_readv?") && it.host().errno() == Errno.EAGAIN.number();
            return (read || notYetWritten || it.isOwn("pwritev2|aio_writev?")) && hasFlag(it, RWF_NOWAIT) && (it.isSaid(Errno.EAGAIN) || otherLength);
        });
    }

    private static boolean hasFlag(Case it, int flag) {
        return (it.call().number(RWF_OPERAND) & flag) != 0;
    }

    private static boolean isMisaligned(Case it) {
        if (!it.isDirect()) {
            return false;
        }
        return it.call().operands().get(1) instanceof Operand.Vector(List<Operand.Range> ranges)
                ? ranges.stream().anyMatch(range -> (range.address() | range.lengthBytes()) % SECTOR != 0)
                : it.call().number(1) % SECTOR != 0;
    }

    private static boolean isPartOfABlock(Case it) {
        boolean here = !it.call().name().matches("(p|aio_).*"); // where the position is, its calls do not tell
        return here || (it.lengthBytes() | it.call().number(3)) % SECTOR != 0;
    }

    private static boolean hasMoreData(Case it) {
        boolean both = it.ours().errno() == 0 && it.host().errno() == 0;
        return switch ((int) it.call().number(2)) {
            case Fcntl.SEEK_DATA -> it.ours().errno() == Errno.ENXIO.number() && it.host().errno() == 0
                    || both && it.host().value() < it.ours().value();
            case Fcntl.SEEK_HOLE -> both && it.host().value() > it.ours().value();
            default -> false;
        };
    }

    private static boolean hasAllOfOurPages(Case it) {
        byte[] least = it.ours().shown();
        byte[] most = it.host().shown();
        for (int page = 0; page < least.length; page++) {
            if ((least[page] & 1) > (most[page] & 1)) {
                return false;
            }
        }
        return true;
    }
}
