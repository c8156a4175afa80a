package dev.faultline.kernel.fs;

import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Memory;
import dev.faultline.kernel.mm.PhysicalMemory;
import dev.faultline.kernel.mm.UserMemory;
import dev.faultline.kernel.mm.WpReuse;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.machine.task.Machine;

/// One running kernel: the memory and the page cache of one machine of a cluster, and the forms its parts have.
///
/// @param number from 1; a machine that is alone is number 1
public record Node(
        Machine machine, int number, Parts parts, PhysicalMemory physical, UserMemory userMemory, Filemap filemap) {
    /// {@return a kernel with nothing mounted}
    public static Node boot(Machine machine, int number, Parts parts) {
        PhysicalMemory physical = new PhysicalMemory(machine);
        Memory memory = new Memory(machine, physical, parts.get(WpReuse.PART, () -> WpReuse.REFERENCED_ONCE));
        return new Node(machine, number, parts, physical, UserMemory.of(machine, memory, parts),
                new Filemap(machine, physical));
    }

    @Override
    public String toString() {
        return "node " + number;
    }
}
