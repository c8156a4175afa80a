package dev.faultline.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// Two tasks of a scene that a test makes anew for every order: the second one comes between any two steps of the first.
///
/// @param <S> what the test knows of its programs
public final class Meanwhile<S> {
    private final Supplier<Sandbox> sandbox;
    private final Function<Sandbox, S> prepare;
    private final int choice;

    /// @param sandbox makes a machine
    /// @param prepare makes the scene on it
    public Meanwhile(Supplier<Sandbox> sandbox, Function<Sandbox, S> prepare) {
        this(sandbox, prepare, 0);
    }

    private Meanwhile(Supplier<Sandbox> sandbox, Function<Sandbox, S> prepare, int choice) {
        this.sandbox = sandbox;
        this.prepare = prepare;
        this.choice = choice;
    }

    /// {@return the same where the environment always chooses that alternative}
    public Meanwhile<S> choosing(int alternative) {
        return new Meanwhile<>(sandbox, prepare, alternative);
    }

    /// Tries every point of the first one at which the second one can begin, which then goes on until it has to wait.
    ///
    /// @param last looks what came of it
    public void race(Consumer<S> first, Consumer<S> second, Consumer<S> last) {
        TwoSwitches.once(order -> run(order, first, second, last));
    }

    /// Tries the points after at least so many steps of the first one, and at most so many.
    public void race(int least, int most, Consumer<S> first, Consumer<S> second, Consumer<S> last) {
        TwoSwitches.once(least, most, order -> run(order, first, second, last));
    }

    /// As [#race], and also every point at which the second one can be left for the first one to go on.
    ///
    /// @param most how many steps the first one makes at most before
    public void race(int most, Consumer<S> first, Consumer<S> second, Consumer<S> last) {
        TwoSwitches.twice(most, order -> run(order, first, second, last));
    }

    /// Takes something in one step, has `who` go on until it waits for that, and looks whether it has done nothing by then.
    ///
    /// @param untouched fails if it has
    public void waits(Consumer<S> take, Consumer<S> untouched, Consumer<S> give, Consumer<S> who) {
        TwoSwitches.once(1, 1, order -> run(order, scene -> {
            take.accept(scene);
            untouched.accept(scene);
            give.accept(scene);
        }, who, _ -> { }));
    }

    private void run(TwoSwitches order, Consumer<S> first, Consumer<S> second, Consumer<S> last) {
        Sandbox machine = sandbox.get();
        List<S> scenes = new ArrayList<>();
        assertEquals(List.of(), machine.runTogether(order.choosing(choice), () -> scenes.add(prepare.apply(machine)),
                List.of(() -> first.accept(scenes.getFirst()), () -> second.accept(scenes.getFirst())),
                () -> last.accept(scenes.getFirst())), order::toString);
    }
}
