package dev.faultline.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The machine that everything ran on, in a sentence: nothing by which it could be found.
final class Machine {
    private Machine() {}

    /// {@return processor, cores, memory, kernel and Java}
    static String described() throws IOException {
        String kernel = Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip().replaceFirst("^(\\d+\\.\\d+).*", "$1");
        long gigabytes = Math.round(Double.parseDouble(
                value("/proc/meminfo", "MemTotal").orElse("0 kB").replace(" kB", "")) / 1024 / 1024);
        return value("/proc/cpuinfo", "model name").orElse("unknown processor") + ", "
                + Runtime.getRuntime().availableProcessors() + " cores, " + gigabytes + " GB of memory, Linux " + kernel
                + ", " + System.getProperty("java.vm.name") + " " + System.getProperty("java.version");
    }

    private static Optional<String> value(String file, String key) throws IOException {
        return Files.readAllLines(Path.of(file)).stream().filter(line -> line.startsWith(key)).findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip());
    }

    /// {@return how busy others keep it: the number of tasks that want to run, in the last minute}
    static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
    }
}
