package dev.faultline.kernel.mm;

import dev.faultline.kernel.uapi.Errno;
import java.util.List;

/// What get_user_pages came to: some pages, fewer than asked for perhaps, or an error if there is not even one.
public sealed interface GupResult {
    /// The pages, each held for the caller as it asked. May be empty where the walk gave up without an error.
    record Pages(List<Folio> folios) implements GupResult {}

    /// Not even the first page.
    record Failed(Errno errno) implements GupResult {}
}
