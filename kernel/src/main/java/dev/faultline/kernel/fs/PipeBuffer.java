package dev.faultline.kernel.fs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Digest;
import java.util.Optional;

/// A slot of a pipe's ring, with a part of a page in it or empty (`struct pipe_buffer`). Guarded by the pipe's mutex.
public final class PipeBuffer {
    /// Writes may add to the page behind the data (`PIPE_BUF_FLAG_CAN_MERGE`).
    public static final int CAN_MERGE = 1;

    /// One write of a pipe that keeps writes apart: a read takes no more, and what it leaves is gone
    /// (`PIPE_BUF_FLAG_PACKET`).
    public static final int PACKET = 2;

    /// The program has given its page away (`PIPE_BUF_FLAG_GIFT`).
    public static final int GIFT = 4;

    /// Whose page it is (`struct pipe_buf_operations`).
    public enum Ops {
        /// Nobody's: the slot is empty.
        NONE,
        /// The pipe's own, written by write(2).
        ANON,
        /// That of a file's cache.
        PAGE_CACHE,
        /// That of a program.
        USER,
        /// A copy of a part of a file.
        DEFAULT,
        /// The page of zeroes, which is not counted.
        ZERO
    }

    private Ops ops = Ops.NONE;
    private Optional<Folio> folio = Optional.empty();
    private int offset;
    private int lengthBytes;
    private int flags;

    /// {@return the page; the slot is not empty}
    public Folio folio() {
        return folio.orElseThrow();
    }

    /// {@return where in the page the data starts, in bytes}
    public int offset() {
        return offset;
    }

    /// {@return how much data there is, in bytes}
    public int lengthBytes() {
        return lengthBytes;
    }

    /// {@return whether a flag is set}
    public boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /// Puts a part of a page into the slot, with a reference that is the slot's from now on. Leaves the flags.
    void fill(Ops owner, Folio page, int offsetBytes, int length) {
        ops = owner;
        folio = Optional.of(page);
        offset = offsetBytes;
        lengthBytes = length;
    }

    void setFlags(int newFlags) {
        flags = newFlags;
    }

    /// Makes the slot the same as another one; the reference is the caller's matter.
    void copyOf(PipeBuffer other) {
        ops = other.ops;
        folio = other.folio;
        offset = other.offset;
        lengthBytes = other.lengthBytes;
        flags = other.flags;
    }

    /// Takes bytes off the front.
    void consume(int bytes) {
        offset += bytes;
        lengthBytes -= bytes;
    }

    /// Adds bytes that were put behind the data.
    void append(int bytes) {
        lengthBytes += bytes;
    }

    /// Forgets the data behind the first `bytes` bytes.
    void cut(int bytes) {
        lengthBytes = Math.min(lengthBytes, bytes);
    }

    /// Makes the slot empty without giving the reference back.
    void forget() {
        ops = Ops.NONE;
        folio = Optional.empty();
        lengthBytes = 0;
    }

    /// Makes sure that the data is there.
    ///
    /// @return nothing if it is; what Linux calls -ENODATA, a page that left its file before it was read, is -EIO here,
    ///         as no page of the model gets into a pipe before it is up to date
    @Models(file = "include/linux/pipe_fs_i.h", symbol = "pipe_buf_confirm")
    Optional<Errno> confirm() {
        boolean ready = ops != Ops.PAGE_CACHE || folio().flags().readBits(Folio.UPTODATE) != 0;
        return ready ? Optional.empty() : Optional.of(Errno.EIO);
    }

    /// Takes a reference more to the page. One step; none for the page of zeroes.
    @Models(file = "include/linux/pipe_fs_i.h", symbol = "pipe_buf_get")
    void get() {
        if (ops != Ops.ZERO) {
            folio().get();
        }
    }

    /// Gives the page back and makes the slot empty. One step; none for the page of zeroes.
    @Models(file = "include/linux/pipe_fs_i.h", symbol = "pipe_buf_release")
    void release() {
        Folio page = folio();
        boolean counted = ops != Ops.ZERO;
        forget();
        if (counted) {
            page.put();
        }
    }

    /// {@return whether there is nothing in the slot}
    boolean isEmpty() {
        return ops == Ops.NONE;
    }

    long stateHash() {
        return isEmpty() ? flags : Digest.mix(folio().pfn() + ops.ordinal(), Digest.mix(offset * 8192L + lengthBytes, flags));
    }
}
