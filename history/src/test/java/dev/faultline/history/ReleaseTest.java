package dev.faultline.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReleaseTest {
    @Test
    void releasesAreOrderedAsTheyCame() {
        List<String> order = List.of("v2.6.19", "v2.6.20", "v2.6.39", "v3.0", "v3.19", "v4.0", "v4.20", "v5.0", "v5.9", "v5.10",
                "v5.17-rc7", "v5.17-rc8", "v5.17-rc10", "v5.17", "v5.18", "v6.1", "v6.18-rc1", "v6.18");
        assertEquals(order, order.stream().map(Release::of).sorted().map(Release::toString).toList());
    }

    @Test
    void whatNeverWasReleasedIsNoRelease() {
        for (String name : List.of("", "5.14", "v5", "v5.20", "v3.20", "v4.21", "v6.19", "v7.0", "v2.6.40", "v2.5.1", "v5.14.3",
                "v5.14-rc0", "v5.14-rc", "v5.14 ", "v05.14x")) {
            assertEquals(Optional.empty(), Release.parse(name), name);
        }
    }
}
