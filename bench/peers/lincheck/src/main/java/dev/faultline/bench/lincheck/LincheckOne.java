package dev.faultline.bench.lincheck;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;

/// Lets Lincheck check one program of the set, and prints what came of it as lines of a key and a value.
///
/// Arguments: the name and the size of the program; the number of invocations, 0 for Lincheck's own; how many seconds
/// it may take.
public final class LincheckOne {
    // Outside the heap: Lincheck takes back what an invocation changes in it.
    private static final ByteBuffer INVOCATIONS = ByteBuffer.allocateDirect(Long.BYTES);

    private LincheckOne() {}

    /// Checks the program.
    public static void main(String[] args) {
        Runnable program = Classics.named(args[0], Integer.parseInt(args[1]));
        int given = Integer.parseInt(args[2]);
        long start = System.nanoTime();
        endAfter(Integer.parseInt(args[3]), start);
        Runnable counted = () -> {
            INVOCATIONS.putLong(0, INVOCATIONS.getLong(0) + 1);
            program.run();
        };
        String report = "";
        try {
            Lincheck.runConcurrentTest(given == 0 ? Lincheck.DEFAULT_INVOCATIONS : given, counted);
        } catch (LincheckAssertionError found) {
            report = found.getMessage();
        }
        tell(verdict(report), start);
        trace(report);
        Runtime.getRuntime().halt(0);
    }

    private static void endAfter(int seconds, long start) {
        Thread timer = new Thread(() -> {
            try {
                TimeUnit.SECONDS.sleep(seconds);
            } catch (InterruptedException ended) {
                return;
            }
            tell("CAPPED", start);
            Runtime.getRuntime().halt(0);
        });
        timer.setDaemon(true);
        timer.start();
    }

    private static String verdict(String report) {
        if (report.isEmpty()) {
            return "PASSED";
        }
        return report.contains("in deadlock") ? "DEADLOCK" : report.contains("livelock") ? "LIVELOCK" : "OTHER";
    }

    private static synchronized void tell(String verdict, long start) {
        System.out.println("verdict " + verdict);
        System.out.println("executions " + INVOCATIONS.getLong(0));
        System.out.println("seconds " + (System.nanoTime() - start) / 1e9);
    }

    /// The lines of the shorter of the two tables that Lincheck prints, and how many of them are a switch.
    private static void trace(String report) {
        int lines = 0;
        int switches = 0;
        for (String line : report.lines().toList()) {
            if (line.startsWith("Detailed trace")) {
                break;
            }
            boolean entry = line.startsWith("| ") && !line.startsWith("| --") && !line.contains("Main Thread");
            lines += entry ? 1 : 0;
            switches += entry && line.contains("switch") ? 1 : 0;
        }
        if (lines > 0) {
            System.out.println("steps " + lines);
            System.out.println("switches " + switches);
            System.out.println("summary " + report.strip().lines().filter(line -> line.startsWith("All")).findFirst().orElse(""));
        }
    }
}
