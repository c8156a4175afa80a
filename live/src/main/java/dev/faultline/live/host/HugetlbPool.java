package dev.faultline.live.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The huge pages that this host has set aside. While it is open, as many of them as a test asks for can be had, and no more:
/// what others use or have been promised comes on top.
final class HugetlbPool implements AutoCloseable {
    private static final Path NUMBER = Path.of("/proc/sys/vm/nr_hugepages");
    private static final Path COUNTS = Path.of("/proc/meminfo");
    private static final System.Logger LOG = System.getLogger(HugetlbPool.class.getName());

    private final String before;

    private HugetlbPool(String before) {
        this.before = before;
    }

    /// {@return the pool, of which so many pages can be had}
    ///
    /// @throws HostUnavailable if this process may not set pages aside, or there is no memory for them
    static HugetlbPool of(int pages) throws HostUnavailable {
        try {
            HugetlbPool pool = new HugetlbPool(Files.readString(NUMBER).strip());
            long available = available();
            if (available != pages) {
                Files.writeString(NUMBER, Long.toString(count("HugePages_Total") + pages - available));
            }
            if (available() != pages) {
                pool.close();
                throw new HostUnavailable("there is no room for " + pages + " huge pages");
            }
            return pool;
        } catch (IOException problem) {
            throw new HostUnavailable("cannot set " + pages + " huge pages aside: " + problem.getMessage(), problem);
        }
    }

    private static long available() throws IOException {
        return count("HugePages_Free") - count("HugePages_Rsvd");
    }

    /// {@return a count, negative where the kernel has lost count}
    private static long count(String name) throws IOException {
        List<String> lines = Files.readAllLines(COUNTS);
        return lines.stream().filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseUnsignedLong(line.substring(name.length() + 1).strip()))
                .findFirst().orElseThrow(() -> new IOException("this kernel has none"));
    }

    @Override
    public void close() {
        try {
            if (!Files.readString(NUMBER).strip().equals(before)) {
                Files.writeString(NUMBER, before);
            }
        } catch (IOException problem) {
            LOG.log(System.Logger.Level.WARNING, "{0} was {1}, and could not be made so again: {2}", NUMBER, before, problem.getMessage());
        }
    }
}
