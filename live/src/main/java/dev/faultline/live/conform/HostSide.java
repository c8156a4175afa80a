package dev.faultline.live.conform;

import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.live.host.Command;
import dev.faultline.live.host.Ground;
import dev.faultline.live.host.Host;
import dev.faultline.live.host.HostUnavailable;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/// Programs on the host's Linux: a child process that interprets them, in a folder of the file system in question.
///
/// The interpreter is C, compiled once with the host's `cc`. If a program makes it hang or die, that is the
/// program's answer, and the next one gets another interpreter.
public final class HostSide implements AutoCloseable {
    private static final String FOLDER = "mnt";

    private final Ground tools;
    private final Path binary;
    private final FileSystemType type;
    private final Optional<Path> folder;
    private final Worker worker = new Worker();
    private Optional<Child> child = Optional.empty();

    /// The running interpreter, and where its programs run.
    private record Child(Process process, BufferedWriter in, BufferedReader out, Ground ground) {
        String folder() {
            return ground.folder().resolve(FOLDER).toString();
        }
    }

    private HostSide(Ground tools, Path binary, FileSystemType type, Optional<Path> folder) {
        this.tools = tools;
        this.binary = binary;
        this.type = type;
        this.folder = folder;
    }

    /// What a program came to.
    ///
    /// @param answers one a call that was made
    /// @param died    what stopped the interpreter, if something did
    public record Result(List<Answer> answers, Optional<String> died) {}

    /// Compiles the interpreter, and starts it.
    ///
    /// @param type   the file system for the programs
    /// @param folder an existing folder of that file system; nothing to have one found or made
    /// @throws HostUnavailable if there is no compiler, or it fails, or there is no such file system
    public static HostSide start(FileSystemType type, Optional<Path> folder) throws HostUnavailable {
        Ground tools = new Ground();
        try {
            Path source = tools.folder().resolve("interpreter.c");
            try (InputStream text = HostSide.class.getResourceAsStream("interpreter.c")) {
                if (text == null) {
                    throw new AssertionError("the interpreter's source is not among the resources");
                }
                Files.copy(text, source, StandardCopyOption.REPLACE_EXISTING);
            }
            Path binary = tools.folder().resolve("interpreter");
            compile(source, binary);
            HostSide side = new HostSide(tools, binary, type, folder);
            side.child = Optional.of(side.started());
            return side;
        } catch (HostUnavailable lacking) {
            tools.close();
            throw lacking;
        } catch (IOException problem) {
            tools.close();
            throw new HostUnavailable("cannot write the interpreter: " + problem.getMessage(), problem);
        }
    }

    private static void compile(Path source, Path binary) throws HostUnavailable {
        if (!Command.exists("cc")) {
            throw new HostUnavailable("there is no C compiler: no cc in the path");
        }
        Command.run(List.of("cc", "-O1", "-w", "-pthread", "-o", binary.toString(), source.toString()));
    }

    /// {@return the file system for the programs, and where it is}
    public String place() {
        return child.map(running -> String.join(", ", running.ground().places())).orElse(type.word());
    }

    /// Runs a program, its closing look included.
    ///
    /// @param stop whether the rest of it is not wanted
    public Result run(Program program, BooleanSupplier stop) throws HostUnavailable {
        List<Answer> answers = Collections.synchronizedList(new ArrayList<>());
        Child running = running();
        AtomicBoolean isUnwanted = new AtomicBoolean();
        Worker.Work<Boolean> work = worker.begin(() -> tell(running, program, answers));
        Optional<Boolean> complete = work.await(Limits.MOST_MILLIS, stop, () -> {
            isUnwanted.set(true);
            running.process().destroyForcibly();
        });
        Optional<String> died = complete.orElse(false) ? Optional.empty()
                : isUnwanted.get() ? late(work.millis()) : Optional.of(ended(running));
        synchronized (answers) {
            return new Result(List.copyOf(answers), died);
        }
    }

    private Optional<String> late(long millis) {
        stop();
        return Optional.of(Limits.noEnd(millis));
    }

    /// {@return whether it ran to its end}
    private static boolean tell(Child running, Program program, List<Answer> answers) {
        List<Call> calls = program.withLook();
        try {
            running.in().write(text(running.folder(), program, calls));
            running.in().flush();
            for (int i = 0; i < 1 + program.files().size(); i++) {
                line(running);
            }
            for (Call call : calls) {
                answers.add(normal(call, Answer.parse(line(running))));
            }
            return true;
        } catch (IOException ended) {
            return false;
        }
    }

    private static String line(Child running) throws IOException {
        String line = running.out().readLine();
        if (line == null) {
            throw new IOException("the interpreter ended");
        }
        return line;
    }

    private String ended(Child running) throws HostUnavailable {
        stop();
        int status = running.process().exitValue();
        if (status == Ground.NOT_MOUNTED) {
            throw new HostUnavailable("an image of " + type + " cannot be mounted");
        }
        if (status == 1) {
            throw new HostUnavailable("the interpreter cannot go on in " + running.folder());
        }
        return "the interpreter died: " + status;
    }

    private Child running() throws HostUnavailable {
        if (child.isEmpty()) {
            child = Optional.of(started());
        }
        return child.get();
    }

    private Child started() throws HostUnavailable {
        Ground ground = new Ground();
        try {
            if (folder.isPresent()) {
                ground.link(FOLDER, type, folder.get());
            } else {
                Host.place(ground, FOLDER, type);
            }
            Process process = new ProcessBuilder(ground.command(List.of(binary.toString())))
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            return new Child(process,
                    new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)),
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)), ground);
        } catch (IOException problem) {
            ground.close();
            throw new HostUnavailable("cannot run the interpreter: " + problem.getMessage(), problem);
        } catch (HostUnavailable lacking) {
            ground.close();
            throw lacking;
        }
    }

    private static String text(String folder, Program program, List<Call> calls) {
        StringBuilder text = new StringBuilder("B ").append(folder).append('\n');
        for (Program.InitialFile file : program.files()) {
            text.append("F ").append(file.name()).append(' ').append(file.sizeBytes()).append(' ')
                    .append(file.fill()).append('\n');
        }
        for (Call call : calls) {
            text.append(line(call)).append('\n');
        }
        return text.append(".\n").toString();
    }

    private static String line(Call call) {
        StringBuilder line = new StringBuilder(switch (call.name()) {
            case Call.LOAD -> "L";
            case Call.STORE -> "T";
            case Call.FILL -> "M";
            case Call.SHOW -> "D";
            case Call.FORK -> "K";
            case Call.EXIT -> "E";
            case Call.SERVE -> "G";
            default -> call.isRequest() ? "A " + call.command() : "S " + HostCalls.number(call.name());
        });
        for (Operand operand : HostCalls.registers(call)) {
            line.append(' ');
            switch (operand) {
                case Operand.Number(long value) -> line.append(value);
                case Operand.Self _ -> line.append('s');
                case Operand.Path(String name) -> line.append('p').append(name);
                case Operand.Out(int lengthBytes) -> line.append('o').append(lengthBytes);
                case Operand.Words(List<Long> values) -> {
                    line.append('w');
                    values.forEach(value -> line.append(value).append(','));
                }
                case Operand.Vector(List<Operand.Range> ranges) -> {
                    line.append('v');
                    ranges.forEach(range -> line.append(range.address()).append(',').append(range.lengthBytes()).append(';'));
                }
            }
        }
        return line.toString();
    }

    private static Answer normal(Call call, Answer answer) {
        return answer.errno() != 0 || answer.signal() != 0 ? answer
                : new Answer(normal(call, answer.value()), 0, 0, answer.bytes());
    }

    /// {@return what counts of a result: where the kernel puts a mapping that may lie anywhere is its own affair}
    static long normal(Call call, long value) {
        boolean maps = call.name().equals("mmap") || call.name().equals("mremap");
        return maps && (value < Program.ARENA || value >= Program.SCRATCH) ? Answer.ELSEWHERE : value;
    }

    private void stop() {
        child.ifPresent(running -> {
            running.process().destroyForcibly();
            try {
                running.process().waitFor(10, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            running.ground().close();
        });
        child = Optional.empty();
    }

    /// Ends the interpreter and removes it, and the folder of its programs.
    @Override
    public void close() {
        stop();
        worker.close();
        tools.close();
    }
}
