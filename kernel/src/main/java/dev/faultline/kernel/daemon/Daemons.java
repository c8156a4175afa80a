package dev.faultline.kernel.daemon;

import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Collapse;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Migrate;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Reclaim;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The daemons of one machine: each may act at any point, so many times in all, on any page of a file or an area that is
/// there when they start. Which one is chosen by the environment; that it acts at all is not to be relied on.
public final class Daemons {
    private static final int MOST_PAGES = 64;

    private final Node node;
    private final List<Inode> files;
    private final List<Mm> programs;

    /// The daemons of a machine with those files, and those programs.
    public Daemons(Node node, List<Inode> files, List<Mm> programs) {
        this.node = node;
        this.files = List.copyOf(files);
        this.programs = List.copyOf(programs);
    }

    /// Starts the one that takes pages out of memory: those of files if they are clean, those of programs if there is swap.
    ///
    /// @param most how often it may
    @Models(file = "mm/vmscan.c", symbol = "kswapd")
    public void kswapd(int most) {
        List<Target> targets = new ArrayList<>(pagesOfFiles());
        if (node.userMemory().memory().swap().isOn()) {
            targets.addAll(pagesOfPrograms());
        }
        start("kswapd", most, targets, this::take);
    }

    /// Starts the one that writes dirty pages of files back.
    ///
    /// @param most how often it may
    @Models(file = "fs/fs-writeback.c", symbol = "wb_workfn")
    public void flusher(int most) {
        start("flusher", most, pagesOfFiles().stream().filter(page -> !page.mapping().isSwapBacked()).toList(), this::write);
    }

    /// Starts the one that moves pages within memory, to make room for large ones.
    ///
    /// @param most how often it may
    @Models(file = "mm/compaction.c", symbol = "kcompactd")
    public void kcompactd(int most) {
        List<Target> targets = new ArrayList<>(pagesOfFiles());
        targets.addAll(pagesOfPrograms());
        start("kcompactd", most, targets, this::migrate);
    }

    /// Starts the one that makes huge pages of small ones.
    ///
    /// @param most how often it may
    @Models(file = "mm/khugepaged.c", symbol = "khugepaged")
    public void khugepaged(int most) {
        start("khugepaged", most, rangesOfPrograms(), target ->
                node.userMemory().memory().collapse().khugepaged(target.mm(), target.address()));
    }

    private <T extends Target> void start(String name, int most, List<T> targets, Consumer<T> act) {
        Machine machine = node.machine();
        machine.spawnDaemon(name, () -> {
            for (int i = 0; i < most; i++) {
                int chosen = machine.choose("what " + name + " looks at", targets.size() + 1);
                if (chosen == 0) {
                    return;
                }
                T target = targets.get(chosen - 1);
                machine.environmentActs(name + " looks at " + target);
                act.accept(target);
            }
        });
    }

    private List<Target.OfFile> pagesOfFiles() {
        List<Target.OfFile> pages = new ArrayList<>();
        for (Inode file : files) {
            long count = Math.min(Content.pages(file.mapping().iSize().peek()), MOST_PAGES);
            for (long index = 0; index < count; index++) {
                pages.add(new Target.OfFile(file.mapping(), index));
            }
        }
        return pages;
    }

    private List<Target.OfProcess> pagesOfPrograms() {
        List<Target.OfProcess> pages = new ArrayList<>();
        for (Mm mm : programs) {
            for (Vma vma : mm.areas()) {
                long end = Math.min(vma.end(), vma.start() + (long) MOST_PAGES * Content.SIZE);
                for (long address = vma.start(); address < end && !vma.has(VmFlag.SHARED); address += Content.SIZE) {
                    pages.add(new Target.OfProcess(mm, address));
                }
            }
        }
        return pages;
    }

    private List<Target.OfProcess> rangesOfPrograms() {
        List<Target.OfProcess> ranges = new ArrayList<>();
        for (Mm mm : programs) {
            for (Vma vma : mm.areas()) {
                for (long start : Collapse.ranges(vma, MOST_PAGES)) {
                    ranges.add(new Target.OfProcess(mm, start));
                }
            }
        }
        return ranges;
    }

    private void take(Target target) {
        Reclaim reclaim = node.userMemory().memory().reclaim();
        switch (target) {
            case Target.OfFile(AddressSpace mapping, long index) ->
                mapping.getFolio(index).ifPresent(reclaim::reclaimFilePage);
            case Target.OfProcess(Mm mm, long address) -> reclaim.reclaim(mm, address);
        }
    }

    private void migrate(Target target) {
        Migrate migrate = node.userMemory().memory().migrate();
        switch (target) {
            case Target.OfFile(AddressSpace mapping, long index) ->
                mapping.getFolio(index).ifPresent(migrate::migrateFilePage);
            case Target.OfProcess(Mm mm, long address) -> migrate.migrate(mm, address);
        }
    }

    private void write(Target.OfFile target) {
        Optional<Folio> folio = target.mapping().getFolio(target.index());
        folio.ifPresent(page -> {
            Writeback.writeIfDirty(target.mapping(), page);
            page.put();
        });
    }
}
