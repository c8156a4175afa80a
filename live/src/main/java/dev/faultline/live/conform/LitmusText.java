package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// Writes a program as a litmus file, with both sides of what it differs in.
///
/// The thread of a litmus file ends at its first signal, while a program here goes on: a call in the middle that
/// raises one is written down, with a note.
public final class LitmusText {
    private final Difference difference;
    private final String fileSystem;
    private final StringBuilder text = new StringBuilder();
    private final TreeMap<Long, String> descriptors = new TreeMap<>();

    private boolean inChild;

    private LitmusText(Difference difference, String fileSystem) {
        this.difference = difference;
        this.fileSystem = fileSystem;
    }

    /// {@return the file}
    ///
    /// @param name       of the test
    /// @param fileSystem the type of the one at `/mnt`
    /// @param host       the release of the host's kernel
    public static String of(Difference difference, String name, String fileSystem, String host) {
        return new LitmusText(difference, fileSystem).write(name, host);
    }

    private String write(String name, String host) {
        text.append("C ").append(name).append('\n')
                .append("\"What the model and Linux ").append(host).append(" answer differently.\"\n\n{\n")
                .append("  mount ").append(fileSystem).append(" /mnt;\n");
        for (Program.InitialFile file : difference.program().files()) {
            text.append("  file /mnt/").append(file.name()).append(' ').append(file.sizeBytes())
                    .append(file.fill() == Program.InitialFile.HOLE ? " hole" : " '" + (char) file.fill() + "'").append(";\n");
        }
        text.append("}\n\nchar scratch[").append(Program.SCRATCH_BYTES).append("];\n\nP0() {\n")
                .append("  char *a = (char *) 0x").append(Long.toHexString(Program.ARENA)).append(";\n");
        body();
        text.append(inChild ? "  }\n}\n" : "}\n");
        return text.toString();
    }

    private void body() {
        Program program = difference.program();
        List<Call> calls = program.withLook();
        for (int i = 0; i < calls.size() && i <= difference.index(); i++) {
            if (i < program.calls().size() || i == difference.index() || isOfTheLastLook(calls, i)) {
                line(i, calls.get(i));
            }
        }
        if (difference.index() >= calls.size()) {
            text.append("  // at the end ").append(sides()).append('\n');
        }
    }

    /// Of the closing look only the file is written down that differs.
    private boolean isOfTheLastLook(List<Call> calls, int index) {
        boolean file = calls.get(index).number(0) < Program.ARENA || calls.get(index).number(0) >= Program.SCRATCH;
        return file && difference.index() < calls.size() && difference.index() - index < 5
                && !calls.get(difference.index()).name().equals("close")
                && calls.subList(index + 1, difference.index() + 1).stream().noneMatch(call -> call.name().equals("close"));
    }

    private String sides() {
        return "model: " + difference.model() + "   Linux: " + difference.host();
    }

    private void line(int index, Call call) {
        String result = "r" + index;
        text.append("  ").append(call.isProcess() ? process(call)
                : call.name().equals(Call.SERVE) ? serve(call, result) : call.isAccess() ? access(call, index)
                : call.isRequest() ? request(call, result) : systemCall(call, result));
        if (index == difference.index()) {
            text.append("  // ").append(sides());
        }
        text.append('\n');
        if (!inChild) { // a child's names are not known outside of it
            names(call, result).forEach(name -> descriptors.putIfAbsent(3L + descriptors.size(), name));
        }
    }

    /// The names of the descriptors that a call most likely makes.
    private static List<String> names(Call call, String result) {
        return switch (call.name()) {
            case "open", "userfaultfd", "memfd_create", Call.SERVE -> List.of(result);
            case "pipe2" -> call.operands().getFirst() instanceof Operand.Out
                    ? List.of("ends_" + result + "[0]", "ends_" + result + "[1]") : List.of();
            default -> List.of();
        };
    }

    private String process(Call call) {
        boolean forks = call.name().equals(Call.FORK);
        if (forks == inChild) {
            return "// " + call.name() + ": nothing happens";
        }
        inChild = forks;
        return forks ? "if (fork() == 0) {" : "_exit(0); } wait(NULL);";
    }

    private String access(Call call, int index) {
        String address = address(call.number(0));
        return switch (call.name()) {
            case Call.LOAD -> type(call) + " r" + index + " = *(" + type(call) + " *) (" + address + ");";
            case Call.STORE -> "*(" + type(call) + " *) (" + address + ") = " + call.number(2) + ";";
            case Call.FILL -> "for (int i = 0; i < " + call.number(1) + "; i++) (" + address + ")[i] = " + call.number(2)
                    + " + i / 256;";
            default -> "for (int i = 0; i < " + call.number(1) + "; i++) { char c = (" + address + ")[i]; }";
        };
    }

    private static String serve(Call call, String result) {
        return "long " + result + " = userfaultfd(" + Parameters.name(Parameters.of("userfaultfd", 0), call.number(0)) + ");\n"
                + "  loff_t api_" + result + "[] = { UFFD_API, " + call.number(1) + ", 0, };\n"
                + "  ioctl(" + result + ", UFFDIO_API, api_" + result + "); // another thread serves its faults";
    }

    private static String type(Call call) {
        return switch ((int) call.number(1)) {
            case 1 -> "char";
            case 2 -> "short";
            case 4 -> "int";
            default -> "long";
        };
    }

    private String systemCall(Call call, String result) {
        StringBuilder line = new StringBuilder();
        StringBuilder arguments = new StringBuilder();
        for (int i = 0; i < call.operands().size(); i++) {
            boolean mode = call.name().equals("open") && i == 2 && (call.number(1) & 0100) == 0;
            if (!mode) {
                arguments.append(i == 0 ? "" : ", ").append(operand(call, i, line, result));
            }
        }
        String type = call.name().equals("mmap") || call.name().equals("mremap") ? "char *" : "long ";
        return line.append(type).append(result).append(" = ").append(call.name()).append('(').append(arguments).append(");")
                .toString();
    }

    private String request(Call call, String result) {
        StringBuilder line = new StringBuilder();
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < call.operands().size(); i++) {
            arguments.add(operand(call, i, line, result));
        }
        line.append("aio_context_t ctx_").append(result).append(" = 0; struct iocb cb_").append(result)
                .append("; struct io_event done_").append(result).append(";\n  ");
        List<String> fields = List.of("aio_fildes", "aio_buf", "aio_nbytes", "aio_offset", "aio_rw_flags");
        line.append("cb_").append(result).append(".aio_lio_opcode = ").append(call.command()).append(';');
        for (int i = 0; i < arguments.size(); i++) {
            line.append(" cb_").append(result).append('.').append(fields.get(i)).append(" = ").append(i == 1 ? "(uint64_t) (" : "")
                    .append(arguments.get(i)).append(i == 1 ? ");" : ";");
        }
        return line.append("\n  struct iocb *list_").append(result).append("[] = { &cb_").append(result).append(" };\n  io_setup(1, &ctx_")
                .append(result).append("); long ").append(result).append(" = io_submit(ctx_").append(result).append(", 1, list_")
                .append(result).append(");\n  if (").append(result).append(" == 1) { io_getevents(ctx_").append(result).append(", 1, 1, &done_")
                .append(result).append(", NULL); ").append(result).append(" = done_").append(result).append(".res; } io_destroy(ctx_")
                .append(result).append(");").toString();
    }

    private String operand(Call call, int index, StringBuilder before, String result) {
        return switch (call.operands().get(index)) {
            case Operand.Self _ -> "getpid()";
            case Operand.Path(String name) -> "\"/mnt/" + name + "\"";
            case Operand.Out(int lengthBytes) when call.name().equals("pipe2") -> {
                before.append("int ends_").append(result).append("[2];\n  ");
                yield "ends_" + result;
            }
            case Operand.Out(int lengthBytes) -> "(unsigned char *) scratch";
            case Operand.Words(List<Long> values) -> {
                before.append("loff_t w").append(index).append(result).append("[] = {");
                values.forEach(value -> before.append(' ').append(decimal(value)).append(','));
                before.append(" };\n  ");
                yield (call.name().equals("poll") ? "(struct pollfd *) w" : "w") + index + result;
            }
            case Operand.Vector(List<Operand.Range> ranges) -> {
                String name = "v" + index + result;
                before.append("struct iovec ").append(name).append("[] = {");
                ranges.forEach(range -> before.append(" {").append(address(range.address())).append(", ")
                        .append(decimal(range.lengthBytes())).append("},"));
                before.append(" };\n  ");
                yield name;
            }
            case Operand.Number(long value) -> number(call, index, value);
        };
    }

    private String number(Call call, int index, long value) {
        List<String> prefixes = Parameters.of(call.name(), index);
        if (!prefixes.isEmpty()) {
            return Parameters.name(prefixes, value);
        }
        boolean descriptor = Parameters.isDescriptor(call.name(), index);
        if (descriptor && descriptors.containsKey(value)) {
            return descriptors.get(value);
        }
        if (!Parameters.isAddress(call.name(), index)) {
            return decimal(value);
        }
        return switch (call.name()) {
            case "splice", "sendfile", "copy_file_range" -> "(loff_t *) (" + address(value) + ")";
            case "pipe2" -> "(int *) (" + address(value) + ")";
            default -> call.name().matches("(p?(read|write)v2?)|process_vm_.*|vmsplice|aio_.*v") ? "(struct iovec *) (" + address(value) + ")" : address(value);
        };
    }

    private static String decimal(long value) {
        return value == Long.MIN_VALUE ? "(" + (value + 1) + " - 1)" : Long.toString(value);
    }

    private static String address(long address) {
        if (address >= Program.SCRATCH && address < Program.SCRATCH + Program.SCRATCH_BYTES) {
            return "scratch + " + (address - Program.SCRATCH);
        }
        if (address >= Program.ARENA && address < Program.SCRATCH) {
            return "a + 0x" + Long.toHexString(address - Program.ARENA);
        }
        return "(char *) " + (address < 0 ? decimal(address) : "0x" + Long.toHexString(address));
    }
}
