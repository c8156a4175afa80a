package dev.faultline.kernel.iov;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.GupResult;
import dev.faultline.kernel.mm.UserMemory;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/// Taking pages out of an iterator.
final class PageExtraction {
    private final UserMemory memory;
    private final PagePinning pinning;
    private final TakenBytes takenBytes;

    PageExtraction(UserMemory memory, Parts parts) {
        this.memory = memory;
        this.pinning = parts.get(PagePinning.PART, () -> PagePinning.TODAY);
        this.takenBytes = parts.get(TakenBytes.PART, () -> TakenBytes.TODAY);
    }

    // ---- of a program ----

    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_extract_user_pages")
    ExtractedPages extractUserPages(IovIter iter, long lengthBytes, int maxPages) {
        return userPages(iter, lengthBytes, maxPages, pinning.hold());
    }

    ExtractedPages userPages(IovIter iter, long lengthBytes, int maxPages, FolioHold hold) {
        long wanted = Math.min(lengthBytes, iter.inSegment());
        int pageOffset = IovIter.inPage(iter.address());
        int wantedPages = (int) Math.min(maxPages, (pageOffset + wanted + Content.SIZE - 1) / Content.SIZE);
        return switch (memory.gup().getUserPagesFast(iter.address(), wantedPages, flags(iter, hold))) {
            case GupResult.Failed(var errno) -> new ExtractedPages.Failed(errno);
            case GupResult.Pages(List<Folio> folios) -> {
                long got = takenBytes.of(folios.size(), pageOffset, wanted);
                if (got < 0) {
                    throw iter.machine().finding(Kind.BAD_RESULT, "iov_iter_get_pages returned " + got + ", which is no errno");
                }
                iter.advance(got);
                yield new ExtractedPages.Pages(folios, hold, pageOffset, got);
            }
        };
    }

    private EnumSet<GupFlag> flags(IovIter iter, FolioHold hold) {
        EnumSet<GupFlag> flags = EnumSet.noneOf(GupFlag.class);
        if (iter.direction() == IovIter.Direction.DESTINATION) {
            flags.add(GupFlag.WRITE);
        }
        if (hold == FolioHold.PIN) {
            flags.add(GupFlag.PIN);
        }
        if (iter.isNofault()) {
            flags.add(pinning.nofault());
        }
        return flags;
    }

    // ---- of the kernel ----

    @Models(file = "lib/iov_iter.c", symbol = "iov_iter_extract_bvec_pages")
    static ExtractedPages extractKernelPages(IovIter iter, long wanted, int maxPages) {
        List<Folio> taken = new ArrayList<>();
        List<Segment> segments = iter.segments();
        int first = IovIter.inPage(iter.address());
        int at = iter.segmentIndex();
        long skip = iter.offsetInSegment();
        long size = 0;
        boolean goesOn = true;
        while (goesOn && size < wanted && taken.size() < maxPages) {
            long next = segments.get(at).address() + skip;
            long part = Math.min(IovIter.firstPart(next, segments.get(at).lengthBytes() - skip), wanted - size);
            taken.add(iter.page(next));
            size += part;
            skip += part;
            boolean ends = skip == segments.get(at).lengthBytes();
            if (ends) {
                at++;
                skip = 0;
            }
            boolean begins = at < segments.size() && IovIter.inPage(segments.get(at).address()) == 0;
            goesOn = IovIter.inPage(next + part) == 0 && (!ends || iter.type() != IovIter.Type.KVEC && begins);
        }
        iter.advance(size);
        return new ExtractedPages.Pages(taken, FolioHold.NOTHING, first, size);
    }
}
