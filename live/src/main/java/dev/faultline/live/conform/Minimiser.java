package dev.faultline.live.conform;

import dev.faultline.live.host.HostUnavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Makes a program that shows a difference small: calls are dropped, then arguments made simpler, as long as a
/// difference of the same sort remains.
final class Minimiser {
    /// What runs a program on both sides.
    interface Runner {
        Optional<Difference> difference(Program program) throws HostUnavailable;
    }

    private static final int MOST_RUNS = 3000;
    /// Programs that do not end take long.
    private static final long MOST_MILLIS = 180_000;
    private static final int PAGE = 4096;

    private final Runner runner;
    private final BooleanSupplier stop;
    private Difference best;
    private final long start = now();
    private int runs;

    private Minimiser(Runner runner, BooleanSupplier stop, Difference start) {
        this.runner = runner;
        this.stop = stop;
        this.best = start;
    }

    /// {@return the smallest difference of that sort that was found by the time that `stop` says so}
    static Difference minimise(Difference start, Runner runner, BooleanSupplier stop) throws HostUnavailable {
        Minimiser minimiser = new Minimiser(runner, stop, start);
        boolean smaller = true;
        while (smaller) {
            smaller = minimiser.dropCalls() | minimiser.dropFiles() | minimiser.simplify();
        }
        return minimiser.best;
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private boolean keeps(Program candidate) throws HostUnavailable {
        if (Waiting.isPossible(candidate) || runs++ >= MOST_RUNS || now() - start > MOST_MILLIS || stop.getAsBoolean()) {
            return false;
        }
        Optional<Difference> still = runner.difference(candidate).filter(found -> found.sort().equals(best.sort()));
        if (stop.getAsBoolean()) {
            return false; // it was cut off
        }
        still.ifPresent(found -> best = found);
        return still.isPresent();
    }

    private boolean dropCalls() throws HostUnavailable {
        int before = best.program().calls().size();
        for (int part = Math.max(1, before / 2); part >= 1; part /= 2) {
            for (int start = best.program().calls().size() - part; start >= 0; start -= part) {
                List<Call> calls = new ArrayList<>(best.program().calls());
                calls.subList(Math.min(start, calls.size()), Math.min(start + part, calls.size())).clear();
                if (calls.size() < best.program().calls().size()) {
                    keeps(best.program().withCalls(calls));
                }
            }
        }
        return best.program().calls().size() < before;
    }

    private boolean dropFiles() throws HostUnavailable {
        boolean smaller = false;
        for (int i = best.program().files().size() - 1; i >= 0; i--) {
            List<Program.InitialFile> files = new ArrayList<>(best.program().files());
            Program.InitialFile file = files.remove(i);
            if (keeps(new Program(files, best.program().calls()))) {
                smaller = true;
                continue;
            }
            for (long size : new long[] {0, PAGE, file.sizeBytes() / PAGE * PAGE, file.sizeBytes() / 512 * 512}) {
                List<Program.InitialFile> changed = new ArrayList<>(best.program().files());
                changed.set(i, new Program.InitialFile(file.name(), size, file.fill()));
                if (size < best.program().files().get(i).sizeBytes()
                        && keeps(new Program(changed, best.program().calls()))) {
                    smaller = true;
                    break;
                }
            }
        }
        return smaller;
    }

    private boolean simplify() throws HostUnavailable {
        boolean simpler = false;
        for (int call = 0; call < best.program().calls().size(); call++) {
            for (int operand = 0; operand < best.program().calls().get(call).operands().size(); operand++) {
                simpler |= simplify(call, operand);
            }
        }
        return simpler;
    }

    private boolean simplify(int call, int operand) throws HostUnavailable {
        Call old = best.program().calls().get(call);
        boolean descriptor = Parameters.isDescriptor(old.name(), operand);
        for (Operand simpler : descriptor ? descriptors(old.number(operand)) : simpler(old.operands().get(operand))) {
            List<Call> calls = new ArrayList<>(best.program().calls());
            calls.set(call, calls.get(call).with(operand, simpler));
            if (keeps(best.program().withCalls(calls))) {
                return true;
            }
        }
        return false;
    }

    /// Only such as programs open: 0 to 2 are streams, others on each side.
    private static List<Operand> descriptors(long value) {
        List<Operand> lower = new ArrayList<>();
        for (long descriptor = 3; descriptor < Math.min(value, 12); descriptor++) {
            lower.add(Operand.of(descriptor));
        }
        return lower;
    }

    private static List<Operand> simpler(Operand operand) {
        List<Operand> candidates = new ArrayList<>();
        switch (operand) {
            case Operand.Number(long value) -> numbers(value).forEach(number -> candidates.add(Operand.of(number)));
            case Operand.Vector(List<Operand.Range> ranges) -> {
                for (int i = 0; i < ranges.size(); i++) {
                    vectors(ranges, i, candidates);
                }
            }
            case Operand.Words(List<Long> values) -> {
                for (int i = 0; i < values.size(); i++) {
                    words(values, i, candidates);
                }
            }
            case Operand.Path _, Operand.Out _, Operand.Self _ -> { }
        }
        return candidates;
    }

    private static void words(List<Long> values, int index, List<Operand> candidates) {
        List<Long> changed = new ArrayList<>(values);
        for (long value : numbers(values.get(index))) {
            changed.set(index, value);
            candidates.add(new Operand.Words(changed));
        }
    }

    private static void vectors(List<Operand.Range> ranges, int index, List<Operand> candidates) {
        Operand.Range range = ranges.get(index);
        List<Operand.Range> changed = new ArrayList<>(ranges);
        for (long length : numbers(range.lengthBytes())) {
            changed.set(index, new Operand.Range(range.address(), length));
            candidates.add(new Operand.Vector(changed));
        }
        for (long address : numbers(range.address())) {
            changed.set(index, new Operand.Range(address, range.lengthBytes()));
            candidates.add(new Operand.Vector(changed));
        }
    }

    /// {@return simpler numbers, each less than the one before it by some measure, so that this comes to an end}
    private static List<Long> numbers(long value) {
        List<Long> simpler = new ArrayList<>();
        if (value >= Program.ARENA && value < Program.SCRATCH) {
            numbers(value - Program.ARENA).stream().filter(number -> number >= 0)
                    .forEach(number -> simpler.add(Program.ARENA + number));
            return simpler;
        }
        long magnitude = value < 0 ? ~value : value;
        for (long candidate : new long[] {0, 1, 3, 512, PAGE, value / PAGE * PAGE, value / 512 * 512, value / 2 / PAGE * PAGE,
            value / 2}) {
            if (candidate >= 0 && candidate < magnitude && !simpler.contains(candidate)) {
                simpler.add(candidate);
            }
        }
        for (long bit = 1; magnitude < 1 << 24 && bit > 0 && bit <= magnitude; bit <<= 1) {
            if ((value & bit) != 0 && !simpler.contains(value & ~bit)) {
                simpler.add(value & ~bit);
            }
        }
        return simpler;
    }
}
