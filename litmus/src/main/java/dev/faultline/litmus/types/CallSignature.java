package dev.faultline.litmus.types;

import java.util.List;
import java.util.Optional;

/// A call as its man page declares it.
///
/// @param parameters all of them, the optional ones last
/// @param prototype the declaration as the table has it: optional parameters in brackets, `any` for any scalar
/// @param required how many arguments a call must have; it may have up to `parameters.size()`
public record CallSignature(
        Origin origin, String name, CType result, List<Parameter> parameters, int required, String prototype) {

    /// Who does the work.
    public enum Origin {
        /// The kernel: `-1` and `errno` on failure.
        SYSTEM_CALL,
        /// A loop in user mode over memory.
        LIBRARY
    }

    /// One parameter. One without a type takes any integer or pointer as it is (`ioctl`, `fcntl`).
    public record Parameter(String name, Optional<CType> type) {}

    @Override
    public String toString() {
        return prototype;
    }
}
