package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Fcntl;
import java.util.List;

/// The known abstractions. docs/conformance.md says of each what it leaves out, and what that hides.
public final class Rules {
    private static final int SECTOR = 512;

    private Rules() {}

    /// {@return the rules for programs on a file system of that type}
    public static List<Rule> of(String fileSystem) {
        return List.of(new DirectMemoryAlignment(), new DirectPartOfABlock(),
                new DirectMeetsDelayed(), new CacheAfterFailedDirectWrite(), new MorePagesInMemory(), new ExclusiveCreation());
    }

    /// Direct I/O with memory that does not lie at, or is not a multiple of, the size of a sector. Whether the
    /// device takes it depends on the device, on whether the pages of the buffer happen to be neighbours in
    /// physical memory, and on how many of them there are. The model asks for the first range to lie at a sector.
    record DirectMemoryAlignment() implements Rule {
        @Override
        public String name() {
            return "direct-memory-alignment";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            if (index >= program.calls().size()) {
                return Effect.NONE;
            }
            Call call = program.calls().get(index);
            return isDirect(program, index, model) && isMisaligned(call) ? Effect.STOP : Effect.NONE;
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
        private static final int EFAULT = 14;

        @Override
        public String name() {
            return "direct-part-of-a-block";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            if (index >= program.calls().size() || !isDirect(program, index, model)) {
                return Effect.NONE;
            }
            boolean read = program.calls().get(index).name().contains("read");
            int mine = model.get(index).errno();
            int theirs = host.errno();
            return mine == EINVAL && (read || theirs == EFAULT) || theirs == EINVAL && (read || mine == EFAULT)
                    ? Effect.STOP : Effect.NONE;
        }
    }

    /// Direct I/O that finds a block whose allocation is delayed, because its own memory is a mapping of the file:
    /// Linux gives up with EIO. In the model blocks are allocated at once.
    record DirectMeetsDelayed() implements Rule {
        private static final int EIO = 5;

        @Override
        public String name() {
            return "direct-meets-delayed";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            return index < program.calls().size() && host.errno() == EIO && isDirect(program, index, model)
                    ? Effect.STOP : Effect.NONE;
        }
    }

    /// Bytes behind a direct write that failed with EFAULT. What it wrote before it failed is on disk, and the pages
    /// that its own memory faulted in stay in the cache as they were; with read-ahead those are more pages.
    record CacheAfterFailedDirectWrite() implements Rule {
        private static final int EFAULT = 14;

        @Override
        public String name() {
            return "cache-after-failed-direct-write";
        }

        @Override
        public Effect explains(Program program, int index, List<Answer> model, Answer host) {
            if (model.get(index).bytes().equals(host.bytes())) {
                return Effect.NONE;
            }
            for (int i = 0; i < Math.min(index, program.calls().size()); i++) {
                boolean write = program.calls().get(i).name().matches("p?writev?2?");
                if (write && model.get(i).errno() == EFAULT && isDirect(program, i, model)) {
                    return Effect.STOP;
                }
            }
            return Effect.NONE;
        }
    }

    private static boolean isDirect(Program program, int index, List<Answer> model) {
        return program.calls().get(index).name().matches("p?(read|write)v?2?")
                && OpenFlags.has(program, index, model, Fcntl.O_DIRECT);
    }

    /// Linux reads ahead and maps around a fault, so that more pages of a file are in memory than were asked for.
    /// What the model has in memory must be there on the host too.
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
                if ((least[page] & 1) > (most[page] & 1)) {
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
