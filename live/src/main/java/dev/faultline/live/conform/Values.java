package dev.faultline.live.conform;

import java.util.SplittableRandom;

/// Draws the values of arguments: mostly such as a call goes on with, near the edges where something changes.
final class Values {
    private static final int PAGE = 4096;
    private static final int SECTOR = 512;
    /// One in so many values is one that no call takes, or only just.
    private static final int ODD = 25;

    private static final long[] ODD_OFFSETS = {-1, -PAGE, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - PAGE + 1,
        0xffff_ffff_000L, 0xffff_ffff_000L - 1, 0xffff_ffff_000L - PAGE, 1L << 44, 1L << 40};
    private static final long[] ODD_ADDRESSES = {0, 1, -1, -PAGE, Long.MIN_VALUE, 1L << 47, (1L << 47) - PAGE,
        (1L << 47) - 1, (1L << 47) + 1};
    private static final long[] ODD_LENGTHS = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x7fff_f000L, 0x8000_0000L, 1L << 47};
    /// Never 0 to 2, where each side has streams of its own; nor those where the interpreter keeps them.
    private static final long[] ODD_DESCRIPTORS = {-1, 63, 1024, Integer.MAX_VALUE, 1L << 32 | 3};

    private final SplittableRandom random;

    Values(SplittableRandom random) {
        this.random = random;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean oneIn(int chance) {
        return random.nextInt(chance) == 0;
    }

    long oneOf(long... values) {
        return values[random.nextInt(values.length)];
    }

    /// {@return one of the flags, each with the same chance, or several of them}
    long someOf(long... flags) {
        long some = 0;
        for (long flag : flags) {
            some |= oneIn(flags.length + 1) ? flag : 0;
        }
        return some;
    }

    /// A number of bytes or a distance in a file that is not large.
    long bytes(long size) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(6 * PAGE);
            case 1 -> (long) PAGE * random.nextInt(7);
            case 2 -> (long) SECTOR * random.nextInt(40);
            case 3 -> Math.max(0, size + random.nextInt(-1, 2));
            case 4 -> Math.max(0, (long) PAGE * random.nextInt(6) + random.nextInt(-2, 3));
            case 5 -> Math.max(0, size + SECTOR * random.nextInt(-4, 5));
            case 6 -> random.nextInt(64);
            default -> (long) PAGE * random.nextInt(4);
        };
    }

    /// A position in a file of about that size.
    long pos(long size) {
        return oneIn(ODD) ? oneOf(ODD_OFFSETS) : bytes(size);
    }

    /// A count of bytes to transfer.
    long length(long size) {
        return oneIn(ODD) ? oneOf(ODD_LENGTHS) : bytes(size);
    }

    /// The number of a descriptor of which `open` are likely to be open.
    long descriptor(int open) {
        return oneIn(ODD) ? oneOf(ODD_DESCRIPTORS) : 3 + random.nextInt(oneIn(12) ? open + 2 : Math.max(1, open));
    }

    /// An address of the arena, more often than not at the start of a page.
    long address() {
        if (oneIn(ODD)) {
            return oneOf(ODD_ADDRESSES);
        }
        long page = page();
        return switch (random.nextInt(6)) {
            case 0 -> page + random.nextInt(PAGE);
            case 1 -> page + (long) SECTOR * random.nextInt(8);
            case 2 -> page + PAGE - 1 - random.nextInt(16);
            default -> page;
        };
    }

    /// The start of a page of the arena.
    long page() {
        return Program.ARENA + (long) PAGE * random.nextInt(Program.ARENA_PAGES - 4);
    }

    /// A range of whole pages of the arena, or one that is refused whatever lies there: for calls that would walk over
    /// the interpreter's own memory if a range were merely too long.
    Operand.Range pagesOfTheArena() {
        Operand.Range range = pages();
        boolean inside = range.address() >= Program.ARENA && range.address() < Program.SCRATCH
                && range.lengthBytes() >= 0 && range.lengthBytes() <= (long) PAGE * Program.ARENA_PAGES;
        return inside ? range : new Operand.Range(page(), oneOf(-1, -PAGE));
    }

    /// A range of whole pages of the arena, or an odd one. As many calls take it: what is odd must never reach the
    /// memory of the interpreter, so a length that is odd is too long for any address.
    Operand.Range pages() {
        long start = page();
        long most = (Program.ARENA + (long) PAGE * Program.ARENA_PAGES - start) / PAGE;
        long length = PAGE * (1 + Math.min(most - 1, random.nextInt(6)));
        return switch (random.nextInt(2 * ODD)) {
            case 0 -> new Operand.Range(start, 0);
            case 1 -> new Operand.Range(start + 1 + random.nextInt(PAGE - 1), PAGE);
            case 2 -> new Operand.Range(start, length - random.nextInt(PAGE));
            case 3 -> new Operand.Range(start, oneOf(-1, Long.MAX_VALUE, 1L << 47, -PAGE));
            case 4 -> new Operand.Range(oneOf(-PAGE, 1L << 47, Long.MIN_VALUE), length);
            default -> new Operand.Range(start, length);
        };
    }
}
