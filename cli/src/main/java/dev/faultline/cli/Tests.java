package dev.faultline.cli;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.Diagnostic;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import java.nio.file.Path;
import java.util.Optional;

/// Loads litmus files, telling what is wrong with those that cannot be used.
final class Tests {
    private Tests() {}

    static Optional<LitmusTest> load(Path file, Terminal terminal) {
        try {
            return Optional.of(LitmusLoader.load(file, Setup.modelled()));
        } catch (MalformedLitmusException malformed) {
            malformed.diagnostics().stream().map(Diagnostic::render).forEach(terminal::message);
            return Optional.empty();
        }
    }
}
