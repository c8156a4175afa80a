package dev.faultline.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.machine.schedule.Schedule;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void runsOfOneTaskArePrintedOnceWithTheirLength() {
        assertEquals("0*12.1.c2.0", Schedule.parse("0.0*11.1.c2.0").toString());
    }

    @Test
    void whatIsPrintedIsReadBack() {
        for (String text : List.of("", "0", "63*100", "c0.c0.c1", "0*3.1*2.c7.0")) {
            assertEquals(text.replace("c0.c0", "c0*2"), Schedule.parse(text).toString());
            assertEquals(Schedule.parse(text), Schedule.parse(Schedule.parse(text).toString()));
        }
    }

    @Test
    void choicesAreNoSteps() {
        assertEquals(4, Schedule.parse("0*3.c1.1").steps());
        assertEquals(5, Schedule.parse("0*3.c1.1").length());
    }

    /// 0 to 1, 1 to 0; a choice in between is none.
    @Test
    void aSwitchIsAStepOfAnotherTaskThanTheOneBefore() {
        assertEquals(2, Schedule.parse("0*3.1.0.c1.0").switches());
        assertEquals(0, Schedule.parse("").switches());
    }

    @Test
    void whatIsNoScheduleIsNamed() {
        for (String text : List.of("x", "0..1", "0*", "*3", "64", "-1", "0*x", "c", "0 1", "99999999", "0*99999999")) {
            String message = assertThrows(IllegalArgumentException.class, () -> Schedule.parse(text), text).getMessage();
            assertTrue(message.contains("is not part of a schedule; expected runs such as 0*12"), message);
        }
    }
}
