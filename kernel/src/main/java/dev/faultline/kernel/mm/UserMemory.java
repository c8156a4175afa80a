package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Parts;
import dev.faultline.machine.task.Machine;

/// The ways in which one machine's kernel reaches the memory of whichever process runs.
///
/// @param access  copies and single accesses
/// @param gup     pages by address
/// @param faultIn faulting in by hand
/// @param populate filling page tables in advance
public record UserMemory(Machine machine, Memory memory, UserAccess access, Gup gup, FaultIn faultIn,
        Populate populate) {
    /// {@return user memory access for a machine, with the forms that `parts` names}
    public static UserMemory of(Machine machine, Memory memory, Parts parts) {
        UserAccess access = new UserAccess(machine, memory);
        Gup gup = new Gup(machine, memory, parts.get(ForkRace.PART, () -> ForkRace.CHECKED),
                parts.get(ForcedWrite.PART, ForcedWrite::new), parts.get(GupCow.PART, () -> GupCow.NO));
        FaultIn faultIn = parts.get(FaultIn.PART, () -> FaultIn::new).create(access, gup);
        return new UserMemory(machine, memory, access, gup, faultIn, new Populate(machine, memory));
    }
}
