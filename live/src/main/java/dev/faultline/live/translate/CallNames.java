package dev.faultline.live.translate;

import dev.faultline.litmus.types.CallSignature;

/// What calls are called in the C program: nearly always the same.
final class CallNames {
    private CallNames() {}

    /// {@return the name of a call with its opening parenthesis, and what precedes its arguments}
    static String of(CallSignature signature) {
        return switch (signature.name()) {
            case "mmap" -> "map(";
            case "mremap" -> "remap(";
            case "memset" -> "set_memory(";
            case "memcpy" -> "copy_memory(";
            case "memcmp" -> "compare_memory(";
            case "assert" -> "require(";
            // The C library has no function for these.
            case "userfaultfd", "io_setup", "io_submit", "io_getevents", "io_destroy" ->
                "syscall(SYS_" + signature.name() + ", ";
            case String name -> name + "(";
        };
    }
}
