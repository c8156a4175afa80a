package dev.faultline.machine.task;

import java.util.ArrayList;
import java.util.List;

/// All shared objects of a machine, and the digest of their state, which is brought up to date when it is asked for.
final class SharedState {
    private final List<SharedObject> objects = new ArrayList<>();
    private final List<StateObject> dirty = new ArrayList<>();
    private final Digest digest = new Digest();

    int register(SharedObject object) {
        objects.add(object);
        return objects.size() - 1;
    }

    SharedObject object(int index) {
        return objects.get(index);
    }

    int objectCount() {
        return objects.size();
    }

    void addDirty(StateObject object) {
        dirty.add(object);
    }

    /// {@return the key of the present state, of which `tasks` is part by where they stand}
    StateKey key(List<Task> tasks) {
        for (int i = 0; i < dirty.size(); i++) {
            dirty.get(i).updateDigest(digest);
        }
        dirty.clear();
        long low = digest.low();
        long high = digest.high();
        for (int i = 0; i < tasks.size(); i++) {
            long stands = Digest.mix(tasks.get(i).stableName(), tasks.get(i).whereabouts());
            low += stands;
            high += Digest.mix(stands, 0x51);
        }
        return new StateKey(low, high);
    }
}
