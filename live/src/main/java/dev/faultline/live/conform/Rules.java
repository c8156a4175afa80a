package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// The known abstractions. docs/conformance.md says of each what it leaves out, and what that hides.
public final class Rules {
    private static final int SECTOR = 512;

    private Rules() {}

    /// {@return the rules for programs on a file system of that type}
    public static List<Rule> of(String fileSystem) {
        if (fileSystem.equals("tmpfs")) {
            return List.of(new MovedMemoryMerges(), new MorePagesInMemory(), new ExclusiveCreation());
        }
        List<Rule> rules = new ArrayList<>(ofDisks(fileSystem));
        switch (fileSystem) {
            case "xfs" -> rules.addAll(List.of(new AtomicWrite(), new BytesBehindAShortCopy()));
            case "btrfs" -> rules.add(new InlineData());
            case "ext4" -> rules.add(new JournalOrdersData());
            default -> { }
        }
        return rules;
    }

    private static List<Rule> ofDisks(String fileSystem) {
        return List.of(new DirectMemoryAlignment(), new DirectPartOfABlock(),
                new BytesAfterFailedDirectWrite(), new DirectFallsBack(), new LargeFolioRejected(),
                new MsyncWritesTheWholeFile(), new MovedMemoryMerges(),
                new MorePagesInMemory(), new ExclusiveCreation(), new ReadInTime(fileSystem.equals("btrfs")));
    }

    /// Direct I/O with memory that does not lie at, or is not a multiple of, the size of a sector. Whether the
    /// device takes it depends on the device, on whether the pages of the buffer happen to be neighbours in
    /// physical memory, and on how many of them there are. The model asks for the first range to lie at a sector.
    /// Where both refuse it, they may have come differently far.
    record DirectMemoryAlignment() implements Rule {
        @Override
        public String name() {
            return "direct-memory-alignment";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            if (index < program.calls().size() && isMisaligned(program, index, model)) {
                return Effect.STOP;
            }
            return showsOther(program, index, model, host) && anyBefore(program, index,
                    before -> isMisaligned(program, before, model)) ? Effect.STOP : Effect.NONE;
        }

        private static boolean isMisaligned(Program program, int index, List<Answer> model) {
            return isDirect(program, index, model) && isMisaligned(program.calls().get(index));
        }

        private static boolean isMisaligned(Call call) {
            if (call.operands().get(1) instanceof Operand.Vector(List<Operand.Range> ranges)) {
                return ranges.stream().anyMatch(range -> (range.address() | range.lengthBytes()) % SECTOR != 0);
            }
            return call.number(1) % SECTOR != 0;
        }
    }

    /// A direct transfer that is no multiple of a sector is refused where there is a block, and before its memory is
    /// looked at as far as one extent goes. Where blocks are depends on what Linux allocates beyond what was asked
    /// for: delayed, by large folios, unwritten ones that a failed write leaves.
    record DirectPartOfABlock() implements Rule {
        private static final int EINVAL = 22;

        @Override
        public String name() {
            return "direct-part-of-a-block";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            if (index >= program.calls().size() || !isDirect(program, index, model)) {
                return Effect.NONE;
            }
            boolean refused = model.get(index).errno() == EINVAL || host.errno() == EINVAL;
            return refused && isPart(program.calls().get(index)) ? Effect.STOP : Effect.NONE;
        }

        private static boolean isPart(Call call) {
            boolean here = !call.name().startsWith("p"); // where the position is, its calls do not tell
            return here || (lengthOf(call) | call.number(3)) % SECTOR != 0;
        }
    }

    /// A read that must not wait, of a page that is not cached: readahead brings it in, in time or not. Both may be; in
    /// one execution the model shows one. A write that must not wait, on xfs: whether the time of the change has been noted
    /// already.
    ///
    /// @param directToo whether direct reads go through the cache where they are not of whole blocks
    record ReadInTime(boolean directToo) implements Rule {
        private static final int RWF_NOWAIT = 8;
        private static final int EAGAIN = 11;

        @Override
        public String name() {
            return "read-in-time";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            boolean read = index < program.calls().size() && program.calls().get(index).name().equals("preadv2")
                    && (directToo || !isDirect(program, index, model));
            boolean write = index < program.calls().size() && program.calls().get(index).name().equals("pwritev2");
            boolean nowait = (read || write) && (program.calls().get(index).number(4) & RWF_NOWAIT) != 0;
            boolean early = model.get(index).errno() == EAGAIN || host.errno() == EAGAIN
                    || read && model.get(index).errno() == 0 && host.errno() == 0 && model.get(index).value() != host.value();
            return nowait && early ? Effect.STOP : Effect.NONE;
        }
    }

    /// An atomic write, on xfs: it has them as far as its log is long.
    record AtomicWrite() implements Rule {
        private static final int RWF_ATOMIC = 0x40;
        private static final int EOPNOTSUPP = 95;

        @Override
        public String name() {
            return "atomic-write";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            boolean write = index < program.calls().size() && program.calls().get(index).name().equals("pwritev2");
            return write && (program.calls().get(index).number(4) & RWF_ATOMIC) != 0
                    && model.get(index).errno() == EOPNOTSUPP ? Effect.STOP : Effect.NONE;
        }
    }

    /// Bytes after a direct write that failed or fell short. How far it came depends on where extents end and on what the device
    /// takes; what it wrote is on disk, and the pages that its own memory faulted in stay in the cache as they were,
    /// with read-ahead more of them.
    record BytesAfterFailedDirectWrite() implements Rule {
        @Override
        public String name() {
            return "bytes-after-failed-direct-write";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            return showsOther(program, index, model, host) && failed(program, index, model, true)
                    ? Effect.STOP : Effect.NONE;
        }

        @Override
        public boolean excuses(Program program, List<Answer> model, String wrong) {
            return wrong.startsWith("CORRUPTION") && wrong.contains("is clean, but its bytes differ from those on disk")
                    && failed(program, program.calls().size(), model, true);
        }
    }

    /// Bytes after a direct read on btrfs, in a program with a file so small that its data may lie beside its inode: such a
    /// file is read through the cache, and what lies behind its end in the block is not zeroed in memory.
    record InlineData() implements Rule {
        private static final long MOST_BYTES = 2048;

        @Override
        public String name() {
            return "inline-data";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            boolean small = program.files().stream().anyMatch(file -> file.sizeBytes() > 0 && file.sizeBytes() <= MOST_BYTES);
            return small && showsOther(program, index, model, host) && anyBefore(program, index, before ->
                    program.calls().get(before).name().matches("p?readv?2?") && isDirect(program, before, model)
                            && model.get(before).value() > 0) ? Effect.STOP : Effect.NONE;
        }
    }

    /// Bytes behind a short copy into a hole, on xfs.
    record BytesBehindAShortCopy() implements Rule {
        @Override
        public String name() {
            return "bytes-behind-a-short-copy";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            return showsOther(program, index, model, host) && failed(program, index, model, false)
                    ? Effect.STOP : Effect.NONE;
        }
    }

    /// Bytes after a buffered write into several pages that came to some of them only, in a program that writes through
    /// a shared mapping. Linux tries with a large folio first and rejects what was copied into it; by then it has
    /// moved the end of the file, and zeroed what the mapping had written behind the old end, where the copy that
    /// counts reads it. The model goes page by page.
    record LargeFolioRejected() implements Rule {
        @Override
        public String name() {
            return "large-folio-rejected";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            return isMappedForWriting(program) && showsOther(program, index, model, host) && anyBefore(program, index, before ->
                    isPartial(program.calls().get(before), model.get(before)) && !isDirect(program, before, model))
                    ? Effect.STOP : Effect.NONE;
        }

        private static boolean isPartial(Call call, Answer answer) {
            return call.name().matches("p?writev?2?") && answer.value() > 0 && answer.value() < lengthOf(call);
        }
    }

    /// Bytes after an msync(2) of a part of a file. Writing a page back zeroes what a mapping wrote behind the end of the
    /// file, and the model writes every page back, not only those of the range.
    record MsyncWritesTheWholeFile() implements Rule {
        @Override
        public String name() {
            return "msync-writes-the-whole-file";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            return showsOther(program, index, model, host) && anyBefore(program, index,
                    before -> program.calls().get(before).name().equals("msync")
                            && (program.calls().get(before).number(2) & Mman.MS_SYNC) != 0) ? Effect.STOP : Effect.NONE;
        }
    }

    /// Bytes behind the end of a file that was cut, which a mapping has written, after something was made durable: a commit
    /// of the journal writes the data of every file that it orders before it, and zeroes what lies behind their ends. The
    /// model has no journal.
    record JournalOrdersData() implements Rule {
        @Override
        public String name() {
            return "journal-orders-data";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            return isMappedForWriting(program) && showsOther(program, index, model, host)
                    && succeeded(program, index, model, "f?truncate")
                    && (succeeded(program, index, model, "fsync|fdatasync|msync") || anyBefore(program, index, before ->
                            program.calls().get(before).name().matches("p?writev?2?") && OpenFlags.has(program, before, model,
                                    Fcntl.O_DSYNC))) ? Effect.STOP : Effect.NONE;
        }

        private static boolean succeeded(Program program, int index, List<Answer> model, String names) {
            return anyBefore(program, index, before -> program.calls().get(before).name().matches(names)
                    && model.get(before).errno() == 0);
        }
    }

    /// mremap(2) of a range that was moved together before. Memory without a file that was moved does not merge with
    /// what lies beside it in Linux, as its pages remember where they were; in the model it does. Nor does what an
    /// mprotect(2) made writable for a while, which is accounted for from then on.
    record MovedMemoryMerges() implements Rule {
        private static final int EFAULT = 14;

        @Override
        public String name() {
            return "moved-memory-merges";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            boolean mremap = index < program.calls().size() && program.calls().get(index).name().equals("mremap");
            return mremap && model.get(index).errno() == 0 && host.errno() == EFAULT && anyBefore(program, index,
                    before -> program.calls().get(before).name().matches("mremap|mprotect") && model.get(before).errno() == 0)
                    ? Effect.STOP : Effect.NONE;
        }
    }

    /// A direct write whose memory cannot be had, or only a part of it, behind a buffered write that failed: that one
    /// may leave a page that cannot be dropped, so that Linux goes through the page cache, where a part counts; or
    /// blocks where the model has a hole.
    record DirectFallsBack() implements Rule {
        private static final int EFAULT = 14;

        @Override
        public String name() {
            return "direct-falls-back";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            return index < program.calls().size() && isDirect(program, index, model)
                    && (model.get(index).errno() == EFAULT ^ host.errno() == EFAULT) && failed(program, index, model, false)
                    ? Effect.STOP : Effect.NONE;
        }
    }

    private static boolean isMappedForWriting(Program program) {
        return program.calls().stream().anyMatch(call -> call.name().equals("mmap")
                && (call.number(3) & Mman.MAP_TYPE) == Mman.MAP_SHARED && (call.number(2) & Mman.PROT_WRITE) != 0);
    }

    private static boolean fellShort(Call call, Answer answer) {
        return answer.errno() != 0 || answer.value() < lengthOf(call);
    }

    private static long lengthOf(Call call) {
        return call.operands().size() > 1 && call.operands().get(1) instanceof Operand.Vector(List<Operand.Range> ranges)
                ? ranges.stream().limit(Math.max(0, (int) call.number(2))).mapToLong(Operand.Range::lengthBytes).sum()
                : call.number(2);
    }

    /// {@return whether a write before call `index` failed or fell short, a direct or a buffered one}
    private static boolean failed(Program program, int index, List<Answer> model, boolean direct) {
        return anyBefore(program, index, before -> fellShort(program.calls().get(before), model.get(before))
                && program.calls().get(before).name().matches("p?writev?2?") && isDirect(program, before, model) == direct);
    }

    private static boolean showsOther(Program program, int index, List<Answer> model, Answer host) {
        boolean load = program.withLook().get(index).name().equals(Call.LOAD);
        return !model.get(index).bytes().equals(host.bytes()) || load && model.get(index).value() != host.value();
    }

    private static boolean anyBefore(Program program, int index, IntPredicate is) {
        return IntStream.range(0, Math.min(index, program.calls().size())).anyMatch(is);
    }

    private static boolean isDirect(Program program, int index, List<Answer> model) {
        return program.calls().get(index).name().matches("p?(read|write)v?2?")
                && OpenFlags.has(program, index, model, Fcntl.O_DIRECT);
    }

    /// Linux reads ahead and maps around a fault, so that more pages of a file are in memory than were asked for. What
    /// the model has in memory must be there on the host too, but for the page at the end of a file whose size has
    /// changed: where only its tail was zeroed, Linux does not mark it as read.
    record MorePagesInMemory() implements Rule {
        @Override
        public String name() {
            return "more-pages-in-memory";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            boolean mincore = index < program.calls().size() && program.calls().get(index).name().equals("mincore");
            if (!mincore || model.get(index).errno() != 0 || host.errno() != 0) {
                return Effect.NONE;
            }
            byte[] least = model.get(index).shown();
            byte[] most = host.shown();
            for (int page = 0; page < least.length; page++) {
                if ((least[page] & 1) > (most[page] & 1) && !anyBefore(program, index,
                        before -> program.calls().get(before).name().matches("f?truncate|p?writev?2?"))) {
                    return Effect.NONE;
                }
            }
            return Effect.GO_ON;
        }
    }

    /// The model opens an existing file whatever O_EXCL says.
    record ExclusiveCreation() implements Rule {
        private static final int EEXIST = 17;

        @Override
        public String name() {
            return "exclusive-creation";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            boolean open = index < program.calls().size() && program.calls().get(index).name().equals("open");
            return open && host.errno() == EEXIST
                    && (program.calls().get(index).number(1) & Fcntl.O_EXCL) != 0 ? Effect.STOP : Effect.NONE;
        }
    }
}
