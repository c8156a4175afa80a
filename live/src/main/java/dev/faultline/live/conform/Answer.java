package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Errno;
import java.io.ByteArrayOutputStream;

/// What a call came to.
///
/// @param value  what it returned; an address outside of [Program#ARENA] is [#ELSEWHERE]
/// @param errno  the number of the error, 0 for none
/// @param signal the number of the signal that it raised, 0 for none
/// @param bytes  what it showed: pairs of hexadecimal digits with how often they come; `-` for none
public record Answer(long value, int errno, int signal, String bytes) {
    /// An address that the kernel chose.
    public static final long ELSEWHERE = 1;

    static Answer value(long value) {
        return new Answer(value, 0, 0, "-");
    }

    static Answer error(int errno) {
        return new Answer(-1, errno, 0, "-");
    }

    static Answer parse(String line) {
        String[] words = line.split(" ", 4);
        return new Answer(Long.parseLong(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]), words[3]);
    }

    @Override
    public String toString() {
        String result = signal != 0 ? signalName() : errno != 0 ? "-1 " + errnoName() : Long.toString(value);
        return bytes.equals("-") ? result : signal == 0 && value == 0 ? bytes : result + ", " + bytes;
    }

    private String signalName() {
        return switch (signal) {
            case 7 -> "SIGBUS";
            case 11 -> "SIGSEGV";
            case 13 -> "SIGPIPE";
            default -> "signal " + signal;
        };
    }

    /// {@return the name of the error}
    String errnoName() {
        for (Errno known : Errno.values()) {
            if (known.number() == errno) {
                return known.name();
            }
        }
        return "errno " + errno;
    }

    /// {@return the bytes that it showed}
    byte[] shown() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        if (!bytes.equals("-")) {
            for (String run : bytes.split(",")) {
                int value = Integer.parseInt(run.substring(0, 2), 16);
                for (int i = Integer.parseInt(run.substring(3)); i > 0; i--) {
                    all.write(value);
                }
            }
        }
        return all.toByteArray();
    }

    /// Writes bytes as the answers do.
    static String show(byte[] bytes, int length) {
        if (length == 0) {
            return "-";
        }
        StringBuilder text = new StringBuilder();
        int start = 0;
        for (int i = 1; i <= length; i++) {
            if (i == length || bytes[i] != bytes[start]) {
                text.append(start == 0 ? "" : ",").append(String.format("%02xx%d", bytes[start], i - start));
                start = i;
            }
        }
        return text.toString();
    }
}
