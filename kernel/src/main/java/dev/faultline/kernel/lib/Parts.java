package dev.faultline.kernel.lib;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Which form each part of a kernel has; where nothing is said, today's.
///
/// Immutable: replacing a part gives another value.
public final class Parts {
    /// Today's kernel.
    public static final Parts TODAY = new Parts(new LinkedHashMap<>());

    private final Map<Part<?>, Object> replaced;

    private Parts(Map<Part<?>, Object> replaced) {
        this.replaced = replaced;
    }

    /// {@return this kernel with `form` in the place of `part`}
    public <T> Parts with(Part<T> part, T form) {
        Map<Part<?>, Object> more = new LinkedHashMap<>(replaced);
        more.put(part, form);
        return new Parts(more);
    }

    /// {@return this kernel with today's form in the place of `part`}
    public Parts withToday(Part<?> part) {
        Map<Part<?>, Object> fewer = new LinkedHashMap<>(replaced);
        fewer.remove(part);
        return new Parts(fewer);
    }

    /// {@return what stands in the place of today's form of `part`; empty if that one does}
    public <T> Optional<T> replacement(Part<T> part) {
        return Optional.ofNullable(replaced.get(part)).map(part.type()::cast);
    }

    /// {@return the form that `part` has here, `today` if it was not replaced}
    public <T> T get(Part<T> part, Supplier<T> today) {
        Object form = replaced.get(part);
        return form == null ? today.get() : part.type().cast(form);
    }
}
