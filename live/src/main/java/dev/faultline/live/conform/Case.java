package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.Uffd;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/// Two answers that differ, and what led there; also the calls before them, of which the model's answers count.
///
/// @param program all of it
/// @param index   the call among [Program#withLook]
/// @param model   what the model answered, call by call
/// @param host    what the host answered to this call
public record Case(Program program, int index, List<Answer> model, Answer host) {
    private static final String WRITE = "(aio_)?p?writev?2?";
    private static final String TRANSFER = "(aio_)?p?(read|write)v?2?";

    private boolean isOwn() {
        return index < program.calls().size();
    }

    /// {@return whether the call is one of the program's own, with a name that the pattern matches}
    boolean isOwn(String names) {
        return isOwn() && call().name().matches(names);
    }

    Call call() {
        return isOwn() ? program.calls().get(index) : program.withLook().get(index);
    }

    Answer ours() {
        return model.get(index);
    }

    /// {@return whether one side says so}
    boolean isSaid(Errno error) {
        return ours().errno() == error.number() || host.errno() == error.number();
    }

    /// {@return whether the answers are other bytes of memory or of a file}
    boolean showsOther() {
        boolean load = call().name().equals(Call.LOAD);
        return !ours().bytes().equals(host.bytes()) || load && ours().value() != host.value();
    }

    /// {@return whether the answers are other bytes, and each that differs is zero on the host}
    boolean isZeroedByHost() {
        return showsOther() && isZeroWhereOther(host, ours());
    }

    /// {@return whether the answers are other bytes, and each that differs is zero in the model}
    boolean isZeroedByModel() {
        return showsOther() && isZeroWhereOther(ours(), host);
    }

    private static boolean isZeroWhereOther(Answer zeroed, Answer other) {
        byte[] some = zeroed.shown();
        byte[] all = other.shown();
        boolean loaded = some.length == 0 && (zeroed.value() & ~other.value()) == 0;
        return some.length == all.length && IntStream.range(0, some.length).allMatch(i -> some[i] == all[i] || some[i] == 0)
                && (some.length > 0 || loaded);
    }

    /// {@return whether a call of the program before this one is so}
    boolean anyBefore(Predicate<Case> is) {
        return IntStream.range(0, Math.min(index, program.calls().size()))
                .anyMatch(before -> is.test(new Case(program, before, model, host)));
    }

    /// {@return whether a call with a name that the pattern matches has gone well before}
    boolean hasSucceeded(String names) {
        return anyBefore(before -> before.isOwn(names) && before.ours().errno() == 0);
    }

    /// {@return whether a write before this call failed or fell short}
    boolean followsFailedWrite(boolean direct) {
        return anyBefore(before -> before.isOwn(WRITE) && before.fellShort() && before.isDirect() == direct);
    }

    /// {@return whether the call is a direct write that failed or fell short}
    boolean isFailedDirectWrite() {
        return isOwn(WRITE) && isDirect() && fellShort();
    }

    /// {@return whether the call is a direct read that came to a part}
    boolean isShortDirectRead() {
        return isOwn("(aio_)?p?readv?2?") && isDirect() && ours().value() > 0 && fellShort();
    }

    /// {@return whether the program serves faults on pages that are in the page cache}
    boolean servesMinorFaults() {
        return anyBefore(before -> before.ours().errno() == 0 && before.isOwn("ioctl")
                && before.call().number(1) == Uffd.IOC_REGISTER
                && before.call().operands().get(2) instanceof Operand.Words(List<Long> words)
                && (words.get(2) & Uffd.REGISTER_MODE_MINOR) != 0);
    }

    /// {@return whether the host says that something is where the model fills a page in}
    boolean isFilledOnHostAlready() {
        return ours().errno() == 0 && (host.errno() == Errno.EEXIST.number() || host.errno() == Errno.EAGAIN.number());
    }

    boolean mapsAFile() {
        return anyBefore(before -> before.isOwn("mmap") && before.ours().errno() == 0
                && (before.call().number(3) & Mman.MAP_ANONYMOUS) == 0);
    }

    /// {@return whether the model met a fault that the host did not}
    boolean isAccessThatGoesFurther() {
        return ours().signal() != 0 && (host.signal() == 0 || host.shown().length > ours().shown().length)
                || ours().errno() == Errno.EFAULT.number() && host.errno() != Errno.EFAULT.number()
                || isOwn(TRANSFER) && host.value() > ours().value();
    }

    /// {@return whether the program has memory that it may write but not read}
    boolean hasWriteOnlyMemory() {
        return program.calls().stream().anyMatch(call -> call.name().matches("mmap|mprotect")
                && (call.number(2) & (Mman.PROT_READ | Mman.PROT_WRITE)) == Mman.PROT_WRITE);
    }

    /// {@return whether a buffered write before this call came to a part}
    boolean followsPartOfAWrite() {
        return anyBefore(before -> before.isOwn(WRITE) && before.ours().value() > 0 && before.fellShort() && !before.isDirect());
    }

    private boolean fellShort() {
        return ours().errno() != 0 || ours().value() < lengthBytes();
    }

    /// {@return how many bytes the call was to transfer}
    long lengthBytes() {
        Call call = call();
        return call.operands().size() > 1 && call.operands().get(1) instanceof Operand.Vector(List<Operand.Range> ranges)
                ? ranges.stream().limit(Math.max(0, (int) call.number(2))).mapToLong(Operand.Range::lengthBytes).sum()
                : call.number(2);
    }

    /// {@return whether the call transfers directly}
    boolean isDirect() {
        return isOwn(TRANSFER) && hasOpenFlag(0, Fcntl.O_DIRECT);
    }

    /// {@return whether the call reads a file directly for a pipe or another file}
    boolean isDirectSplice() {
        return isOwn("splice|copy_file_range") && hasOpenFlag(0, Fcntl.O_DIRECT)
                || isOwn("sendfile") && hasOpenFlag(1, Fcntl.O_DIRECT);
    }

    /// {@return whether the call copies between ranges of the program's own memory of which one overlaps another}
    boolean copiesOntoItself() {
        return isOwn("process_vm_(read|write)v") && call().operands().get(1) instanceof Operand.Vector(List<Operand.Range> here)
                && call().operands().get(3) instanceof Operand.Vector(List<Operand.Range> there)
                && here.stream().anyMatch(one -> there.stream().anyMatch(other -> one.address() < other.address() + other.lengthBytes()
                        && other.address() < one.address() + one.lengthBytes()));
    }

    /// {@return whether the call moves bytes between a file and memory in which a file is mapped, which may be the same one}
    boolean copiesAMapping() {
        return isOwn("(aio_)?p?(read|write)v?2?") && memory().stream().anyMatch(range -> program.calls().stream()
                .filter(call -> call.name().equals("mmap") && (call.number(3) & Mman.MAP_ANONYMOUS) == 0)
                .anyMatch(call -> range.address() < call.number(0) + Math.max(call.number(1), 4096)
                        && call.number(0) < range.address() + range.lengthBytes()));
    }

    private List<Operand.Range> memory() {
        return call().operands().get(1) instanceof Operand.Vector(List<Operand.Range> ranges) ? ranges
                : List.of(new Operand.Range(call().number(1), call().number(2)));
    }

    /// {@return whether the call is a write that is durable when it returns}
    boolean isDurableWrite() {
        return isOwn(WRITE) && hasOpenFlag(0, Fcntl.O_DSYNC);
    }

    private boolean hasOpenFlag(int operand, int flag) {
        return OpenFlags.has(program, index, operand, model, flag);
    }

    /// {@return whether the program maps a file to write to it}
    boolean isMappedForWriting() {
        return program.calls().stream().anyMatch(call -> call.name().equals("mmap")
                && (call.number(3) & Mman.MAP_TYPE) == Mman.MAP_SHARED && (call.number(2) & Mman.PROT_WRITE) != 0);
    }
}
