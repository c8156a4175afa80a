package dev.faultline.kernel.fs.tmpfs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.EveryOrder;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// A huge page is split while others come by, in every order.
class HugeSplitTest {
    private static ShmemInode hugeFile(Machine machine) {
        Kernel kernel = new Kernel(machine, Parts.TODAY, 1);
        Tmpfs tmpfs = new Tmpfs(kernel.nodes().getFirst(), "/mnt", OptionalLong.of(4 << 20), TmpfsHuge.ALWAYS);
        kernel.mount("/mnt", List.of(tmpfs));
        kernel.format("/mnt/f", 1, Optional.of((byte) 'a'));
        return (ShmemInode) tmpfs.inodes().getFirst();
    }

    private static String split(ShmemInode inode) {
        Folio head = inode.mapping().getFolio(0).orElseThrow();
        head.lock().lock();
        boolean split = inode.huge().split(inode, head);
        head.lock().unlock();
        head.put();
        return split ? "split" : "left";
    }

    private static String look(ShmemInode inode) {
        Optional<Folio> found = inode.mapping().getFolio(5);
        found.ifPresent(Folio::put);
        return found.isPresent() ? "there" : "gone";
    }

    private static String count(ShmemInode inode) {
        inode.blocks().recalc(0, 0);
        return "counted";
    }

    private static EveryOrder orders(Function<ShmemInode, String> other) {
        return new EveryOrder(machine -> {
            ShmemInode inode = hugeFile(machine);
            TreeMap<String, String> seen = new TreeMap<>();
            return new EveryOrder.World(
                    List.of(() -> seen.put("one", split(inode)), () -> seen.put("other", other.apply(inode))),
                    () -> seen + " " + inode.blocks().iBlocks().peek() / 8 + " ");
        });
    }

    private static TreeSet<String> compared(Function<ShmemInode, String> other) {
        EveryOrder all = orders(other).all();
        assertEquals(List.of(), all.wrong());
        assertEquals(all.results(), orders(other).reduced().results());
        return all.results();
    }

    @Test
    void whoLooksThePageUpKeepsItWhole() {
        String end = " [P0 is done, P1 is done]";
        assertEquals(new TreeSet<>(List.of("{one=left, other=there} 512" + end, "{one=split, other=gone} 1" + end,
                "{one=split, other=there} 1" + end)), compared(HugeSplitTest::look));
    }

    @Test
    void whoCountsMeanwhileCountsRight() {
        assertEquals(new TreeSet<>(List.of("{one=split, other=counted} 1 [P0 is done, P1 is done]")),
                compared(HugeSplitTest::count));
    }
}
