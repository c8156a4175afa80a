package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Bytes;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The C of a file with every name resolved and every type known.
///
/// @param data the globals' segment; each process begins with its own copy
/// @param readOnly the string literals' segment, each literal closed by a NUL
/// @param processes the names of the processes; the first has the empty name
/// @param threads `P0`, `P1`, ... in order
public record Program(
        List<Global> globals, DataImage data, DataImage readOnly, List<String> processes,
        Optional<Body> init, List<Body> threads, Optional<Body> last) {

    /// {@return the global of that name}
    public Optional<Global> global(String name) {
        return globals.stream().filter(global -> global.name().equals(name)).findFirst();
    }

    /// {@return the body of that name: `init`, `P0`, ..., `final`}
    public Optional<Body> body(String name) {
        return bodies().stream().filter(body -> body.name().equals(name)).findFirst();
    }

    /// {@return the string literal at `offset` bytes into the read-only segment}
    public String readOnlyText(long offset) {
        byte[] literals = readOnly.content().toArray();
        return Bytes.copyOf(Arrays.copyOfRange(literals, Math.toIntExact(offset), literals.length)).text();
    }

    /// {@return all bodies: init, the threads, final}
    public List<Body> bodies() {
        return Stream.of(init.stream(), threads.stream(), last.stream())
                .flatMap(bodies -> bodies).toList();
    }
}
