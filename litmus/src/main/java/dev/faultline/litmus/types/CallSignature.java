package dev.faultline.litmus.types;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// A call as its man page declares it.
///
/// @param parameters all of them, the optional ones last
/// @param required how many arguments a call must have; it may have up to `parameters.size()`
public record CallSignature(Origin origin, String name, CType result, List<Parameter> parameters, int required) {

    /// Who does the work.
    public enum Origin {
        /// The kernel: `-1` and `errno` on failure.
        SYSTEM_CALL,
        /// A loop in user mode over memory.
        LIBRARY
    }

    /// One parameter. One without a type takes any integer or pointer as it is (`ioctl`, `fcntl`).
    public record Parameter(String name, Optional<CType> type) {
        @Override
        public String toString() {
            return type.map(declared -> declared + (declared instanceof CType.Pointer ? "" : " ")).orElse("... ") + name;
        }
    }

    /// {@return the declaration as a man page writes it, optional parameters in brackets}
    public String prototype() {
        String list = parameters.subList(0, required).stream().map(Parameter::toString).collect(Collectors.joining(", "));
        for (Parameter optional : parameters.subList(required, parameters.size())) {
            list += "[, " + optional + "]";
        }
        return result + (result instanceof CType.Pointer ? "" : " ") + name + "(" + list + ")";
    }
}
