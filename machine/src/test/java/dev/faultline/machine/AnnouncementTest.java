package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/// A change that no step announces, which the explorer would not know of, is an error where assertions are on.
class AnnouncementTest {
    private static Execution of(BiConsumer<Machine, Cell> task) {
        return Small.run(machine -> {
            Cell word = new Cell(machine, "word", "", 0);
            return List.of(() -> task.accept(machine, word));
        });
    }

    private static void assertRefused(BiConsumer<Machine, Cell> task) {
        Execution execution = of(task);
        assertEquals(Ending.CRASH, execution.ending());
        assertInstanceOf(AssertionError.class, execution.machine().crash());
        assertEquals("changed though no step says so: word", execution.machine().crash().getMessage());
    }

    private static void assertTaken(BiConsumer<Machine, Cell> task) {
        assertEquals(Ending.DONE, of(task).ending());
    }

    @Test
    void whatWasAnnouncedAsALookMustNotChange() {
        assertRefused((machine, word) -> {
            word.touch(Access.READ);
            word.poke(1);
        });
        assertRefused((machine, word) -> {
            word.await(value -> value == 0);
            word.poke(1);
        });
        assertTaken((machine, word) -> {
            word.touch(Access.WRITE);
            word.poke(1);
        });
    }

    @Test
    void whatAStepDoesNotTouchMustNotChange() {
        assertRefused((machine, word) -> {
            new Cell(machine, "another", "", 0).write(1);
            word.poke(1);
        });
        assertTaken((machine, word) -> {
            Cell another = new Cell(machine, "another", "", 0);
            machine.step(another, Access.READ, -1, word, Access.ADD, -1);
            word.poke(1);
        });
    }

    @Test
    void bitsThatAStepDoesNotTouchMustNotChange() {
        assertRefused((machine, word) -> {
            machine.step(word, Access.WRITE, 0b01);
            word.poke(0b11);
        });
        assertTaken((machine, word) -> {
            machine.step(word, Access.WRITE, 0b11);
            word.poke(0b11);
        });
    }

    @Test
    void whatNobodyElseKnowsYetMayChange() {
        assertTaken((machine, word) -> {
            word.write(1);
            new Cell(machine, "new", "", 0).poke(1);
        });
        assertTaken((machine, word) -> {
            Cell kept = new Cell(machine, "kept to oneself", "", 0);
            word.write(1);
            kept.pokeUnseen(1);
        });
    }
}
