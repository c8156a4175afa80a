package dev.faultline.litmus.types;

import static dev.faultline.litmus.types.IntegerType.INT;
import static dev.faultline.litmus.types.IntegerType.LONG;
import static dev.faultline.litmus.types.IntegerType.LONG_LONG;
import static dev.faultline.litmus.types.IntegerType.SHORT;
import static dev.faultline.litmus.types.IntegerType.UNSIGNED_CHAR;
import static dev.faultline.litmus.types.IntegerType.UNSIGNED_INT;
import static dev.faultline.litmus.types.IntegerType.UNSIGNED_LONG;
import static dev.faultline.litmus.types.IntegerType.UNSIGNED_LONG_LONG;
import static dev.faultline.litmus.types.IntegerType.UNSIGNED_SHORT;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;

/// The structs of the public headers that the calls need, as Linux on x86-64 lays them out.
public final class Structs {
    private static final SequencedMap<String, CType.Struct> BY_NAME = Collections.unmodifiableSequencedMap(table());

    private Structs() {}

    /// {@return the struct of that name}
    public static Optional<CType.Struct> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /// {@return the names of all structs}
    public static SequencedCollection<String> names() {
        return BY_NAME.sequencedKeySet();
    }

    private static SequencedMap<String, CType.Struct> table() {
        SequencedMap<String, CType.Struct> table = new LinkedHashMap<>();
        var timespec = struct("timespec", 16, 8, at(0, LONG, "tv_sec"), at(8, LONG, "tv_nsec"));
        var range = struct("uffdio_range", 16, 8,
                at(0, UNSIGNED_LONG_LONG, "start"), at(8, UNSIGNED_LONG_LONG, "len"));
        var searchKey = struct("btrfs_ioctl_search_key", 104, 8, at(0, UNSIGNED_LONG_LONG, "tree_id"),
                at(8, UNSIGNED_LONG_LONG, "min_objectid"), at(16, UNSIGNED_LONG_LONG, "max_objectid"),
                at(24, UNSIGNED_LONG_LONG, "min_offset"), at(32, UNSIGNED_LONG_LONG, "max_offset"),
                at(40, UNSIGNED_LONG_LONG, "min_transid"), at(48, UNSIGNED_LONG_LONG, "max_transid"),
                at(56, UNSIGNED_INT, "min_type"), at(60, UNSIGNED_INT, "max_type"), at(64, UNSIGNED_INT, "nr_items"));
        List.of(
                timespec,
                struct("iovec", 16, 8, at(0, CType.VOID_POINTER, "iov_base"), at(8, UNSIGNED_LONG, "iov_len")),
                struct("rlimit", 16, 8, at(0, UNSIGNED_LONG, "rlim_cur"), at(8, UNSIGNED_LONG, "rlim_max")),
                struct("pollfd", 8, 4, at(0, INT, "fd"), at(4, SHORT, "events"), at(6, SHORT, "revents")),
                stat(timespec),
                iocb(),
                struct("io_event", 32, 8, at(0, UNSIGNED_LONG_LONG, "data"), at(8, UNSIGNED_LONG_LONG, "obj"),
                        at(16, LONG_LONG, "res"), at(24, LONG_LONG, "res2")),
                struct("flock", 32, 8, at(0, SHORT, "l_type"), at(2, SHORT, "l_whence"), at(8, LONG, "l_start"),
                        at(16, LONG, "l_len"), at(24, INT, "l_pid")),
                range,
                struct("uffdio_api", 24, 8, at(0, UNSIGNED_LONG_LONG, "api"), at(8, UNSIGNED_LONG_LONG, "features"),
                        at(16, UNSIGNED_LONG_LONG, "ioctls")),
                struct("uffdio_register", 32, 8, at(0, range, "range"), at(16, UNSIGNED_LONG_LONG, "mode"),
                        at(24, UNSIGNED_LONG_LONG, "ioctls")),
                transfer("uffdio_copy", "copy"),
                transfer("uffdio_move", "move"),
                overRange("uffdio_zeropage", range, "zeropage"),
                overRange("uffdio_continue", range, "mapped"),
                overRange("uffdio_poison", range, "updated"),
                struct("uffdio_writeprotect", 24, 8, at(0, range, "range"), at(16, UNSIGNED_LONG_LONG, "mode")),
                uffdMsg(),
                searchKey,
                struct("btrfs_ioctl_search_args_v2", 112, 8, at(0, searchKey, "key"),
                        at(104, UNSIGNED_LONG_LONG, "buf_size")),
                struct("btrfs_ioctl_search_header", 32, 8, at(0, UNSIGNED_LONG_LONG, "transid"),
                        at(8, UNSIGNED_LONG_LONG, "objectid"), at(16, UNSIGNED_LONG_LONG, "offset"),
                        at(24, UNSIGNED_INT, "type"), at(28, UNSIGNED_INT, "len"))
        ).forEach(struct -> table.put(struct.name(), struct));
        return table;
    }

    private static CType.Struct transfer(String name, String result) {
        return struct(name, 40, 8, at(0, UNSIGNED_LONG_LONG, "dst"), at(8, UNSIGNED_LONG_LONG, "src"),
                at(16, UNSIGNED_LONG_LONG, "len"), at(24, UNSIGNED_LONG_LONG, "mode"), at(32, LONG_LONG, result));
    }

    private static CType.Struct overRange(String name, CType.Struct range, String result) {
        return struct(name, 32, 8, at(0, range, "range"), at(16, UNSIGNED_LONG_LONG, "mode"),
                at(24, LONG_LONG, result));
    }

    /// The names `st_atime` and so on are macros for the seconds of `st_atim` and so on.
    private static CType.Struct stat(CType.Struct timespec) {
        return struct("stat", 144, 8,
                at(0, UNSIGNED_LONG, "st_dev"), at(8, UNSIGNED_LONG, "st_ino"), at(16, UNSIGNED_LONG, "st_nlink"),
                at(24, UNSIGNED_INT, "st_mode"), at(28, UNSIGNED_INT, "st_uid"), at(32, UNSIGNED_INT, "st_gid"),
                at(40, UNSIGNED_LONG, "st_rdev"), at(48, LONG, "st_size"), at(56, LONG, "st_blksize"),
                at(64, LONG, "st_blocks"),
                at(72, timespec, "st_atim"), at(88, timespec, "st_mtim"), at(104, timespec, "st_ctim"),
                at(72, LONG, "st_atime"), at(88, LONG, "st_mtime"), at(104, LONG, "st_ctime"));
    }

    private static CType.Struct iocb() {
        return struct("iocb", 64, 8,
                at(0, UNSIGNED_LONG_LONG, "aio_data"), at(8, UNSIGNED_INT, "aio_key"), at(12, INT, "aio_rw_flags"),
                at(16, UNSIGNED_SHORT, "aio_lio_opcode"), at(18, SHORT, "aio_reqprio"),
                at(20, UNSIGNED_INT, "aio_fildes"), at(24, UNSIGNED_LONG_LONG, "aio_buf"),
                at(32, UNSIGNED_LONG_LONG, "aio_nbytes"), at(40, LONG_LONG, "aio_offset"),
                at(48, UNSIGNED_LONG_LONG, "aio_reserved2"), at(56, UNSIGNED_INT, "aio_flags"),
                at(60, UNSIGNED_INT, "aio_resfd"));
    }

    /// The struct is packed: it may begin at any address.
    private static CType.Struct uffdMsg() {
        var feat = struct("uffd_msg.arg.pagefault.feat", 4, 1, at(0, UNSIGNED_INT, "ptid"));
        var pagefault = struct("uffd_msg.arg.pagefault", 24, 1, at(0, UNSIGNED_LONG_LONG, "flags"),
                at(8, UNSIGNED_LONG_LONG, "address"), at(16, feat, "feat"));
        var fork = struct("uffd_msg.arg.fork", 4, 1, at(0, UNSIGNED_INT, "ufd"));
        var remap = struct("uffd_msg.arg.remap", 24, 1, at(0, UNSIGNED_LONG_LONG, "from"),
                at(8, UNSIGNED_LONG_LONG, "to"), at(16, UNSIGNED_LONG_LONG, "len"));
        var remove = struct("uffd_msg.arg.remove", 16, 1, at(0, UNSIGNED_LONG_LONG, "start"),
                at(8, UNSIGNED_LONG_LONG, "end"));
        var arg = struct("uffd_msg.arg", 24, 1, at(0, pagefault, "pagefault"), at(0, fork, "fork"),
                at(0, remap, "remap"), at(0, remove, "remove"));
        return struct("uffd_msg", 32, 1, at(0, UNSIGNED_CHAR, "event"), at(8, arg, "arg"));
    }

    private static CType.Struct struct(String name, long size, long alignment, CType.Field... fields) {
        return new CType.Struct(name, size, alignment, List.copyOf(Arrays.asList(fields)));
    }

    private static CType.Field at(long offset, CType type, String name) {
        return new CType.Field(name, type, offset);
    }
}
