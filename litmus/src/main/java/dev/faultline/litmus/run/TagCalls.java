package dev.faultline.litmus.run;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import java.util.List;

/// The calls that set the tags of memory and of addresses: those of `<arm_acle.h>`, and two named after a library for
/// sparc64. Each is an instruction, or a loop over one.
final class TagCalls {
    private TagCalls() {}

    /// {@return the names of the calls}
    static List<String> names() {
        return List.of("__arm_mte_increment_tag", "__arm_mte_set_tag", "__arm_mte_get_tag", "adi_set_version",
                "adi_get_version");
    }

    /// {@return the code of a call}
    static Code compile(String name, Code[] a) {
        return switch (name) {
            case "__arm_mte_increment_tag" -> f -> increment(on(f, Architecture.ARM64_MTE), a[0].run(f), a[1].run(f));
            case "__arm_mte_set_tag" -> f -> {
                long address = a[0].run(f);
                f.memory().setTag(address, on(f, Architecture.ARM64_MTE).tagOf(address));
                return 0;
            };
            case "__arm_mte_get_tag" -> f -> {
                long address = a[0].run(f);
                return on(f, Architecture.ARM64_MTE).tagged(address, f.memory().getTag(address));
            };
            case "adi_set_version" -> f -> setVersion(f, a[0].run(f), a[1].run(f), (int) a[2].run(f));
            case "adi_get_version" -> f -> {
                on(f, Architecture.SPARC64_ADI);
                return f.memory().getTag(a[0].run(f));
            };
            default -> throw new IllegalArgumentException("no library function " + name);
        };
    }

    /// {@return the architecture of the machine, which has to be that one: others have no such instruction}
    private static Architecture on(Frame frame, Architecture wanted) {
        Architecture architecture = frame.process().mm().architecture();
        if (architecture != wanted) {
            throw new SignalRaised(Signal.SIGILL);
        }
        return architecture;
    }

    private static long increment(Architecture architecture, long address, long offset) {
        return architecture.tagged(address, architecture.tagOf(address) + (int) offset);
    }

    private static long setVersion(Frame frame, long address, long lengthBytes, int version) {
        int granule = on(frame, Architecture.SPARC64_ADI).granuleBytes();
        for (long done = 0; done < lengthBytes; done += granule) {
            frame.memory().setTag(address + done, version);
        }
        return version;
    }
}
