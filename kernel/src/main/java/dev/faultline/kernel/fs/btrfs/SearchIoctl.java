package dev.faultline.kernel.fs.btrfs;

import dev.faultline.kernel.fs.btrfs.FsTree.Item;
import dev.faultline.kernel.fs.btrfs.FsTree.Key;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.UserMemory;
import dev.faultline.kernel.uapi.BtrfsUapi;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.List;
import java.util.Optional;

/// Searches a tree and copies what it finds to the program (fs/btrfs/ioctl.c). The leaf is locked while its items are
/// copied, so that no fault may be handled then: the memory is faulted in before, and where a copy fails all the same,
/// the search starts over there.
public class SearchIoctl {
    /// The seam at which other forms plug in.
    public static final Part<SearchIoctl> PART = new Part<>("fs.btrfs.SearchIoctl", SearchIoctl.class);

    private static final int KEY_BYTES = 104;
    private static final int HEADER_BYTES = 32;
    private static final int BUFFER_BYTES = 4096 - KEY_BYTES;
    private static final long MOST_BYTES = 16 << 20;
    private static final int NR_ITEMS_OFFSET = 64;

    /// Today's form.
    public SearchIoctl() {}

    /// One search on its way.
    private static final class Search {
        private final Content key;
        private final long buffer;
        private long bufferBytes;
        private Key next;
        private long offset;
        private int found;

        Search(Content key, long buffer, long bufferBytes) {
            this.key = key;
            this.buffer = buffer;
            this.bufferBytes = bufferBytes;
            this.next = new Key(word(8), type(56), word(24));
        }

        private long word(int at) {
            return key.load(at, 8);
        }

        private int type(int at) {
            return (int) key.load(at, 4) & 0xff;
        }

        private Key last() {
            return new Key(word(16), type(60), word(32));
        }

        private int wanted() {
            return (int) key.load(NR_ITEMS_OFFSET, 4);
        }
    }

    /// What copying the items of a leaf came to.
    private enum Copied { GO_ON, STOP, OVERFLOW, FAULT }

    /// BTRFS_IOC_TREE_SEARCH: the results lie behind the key, up to a page in all.
    @Models(file = "fs/btrfs/ioctl.c", symbol = "btrfs_ioctl_tree_search")
    SysResult treeSearch(FsTree tree, UserMemory memory, long argument) {
        Content key = new Content((byte) 0);
        if (!copyIn(memory.access(), key, KEY_BYTES, argument)) {
            return SysResult.err(Errno.EFAULT);
        }
        Search search = new Search(key, argument + KEY_BYTES, BUFFER_BYTES);
        Optional<Errno> error = search(tree, memory, search);
        if (error.isPresent() && error.get() != Errno.EOVERFLOW) {
            return SysResult.err(error.get());
        }
        return copyOut(memory.access(), argument, key, KEY_BYTES) ? SysResult.ZERO : SysResult.err(Errno.EFAULT);
    }

    /// BTRFS_IOC_TREE_SEARCH_V2: the program says how large its buffer is, and learns how large it has to be.
    @Models(file = "fs/btrfs/ioctl.c", symbol = "btrfs_ioctl_tree_search_v2")
    SysResult treeSearchV2(FsTree tree, UserMemory memory, long argument) {
        Content arguments = new Content((byte) 0);
        if (!copyIn(memory.access(), arguments, KEY_BYTES + 8, argument)) {
            return SysResult.err(Errno.EFAULT);
        }
        long asked = arguments.load(KEY_BYTES, 8);
        long bytes = Long.compareUnsigned(asked, MOST_BYTES) > 0 ? MOST_BYTES : asked;
        Search search = new Search(arguments, argument + KEY_BYTES + 8, bytes);
        Optional<Errno> error = search(tree, memory, search);
        boolean told = true;
        if (error.isEmpty()) {
            told = copyOut(memory.access(), argument, arguments, KEY_BYTES);
        } else if (error.get() == Errno.EOVERFLOW) {
            Content needed = new Content((byte) 0);
            needed.store(0, 8, search.bufferBytes);
            told = copyOut(memory.access(), argument + KEY_BYTES, needed, 8);
        }
        return told ? error.map(SysResult::err).orElse(SysResult.ZERO) : SysResult.err(Errno.EFAULT);
    }

    @Models(file = "fs/btrfs/ioctl.c", symbol = "search_ioctl")
    private Optional<Errno> search(FsTree tree, UserMemory memory, Search search) {
        if (search.bufferBytes < HEADER_BYTES) {
            search.bufferBytes = HEADER_BYTES;
            return Optional.of(Errno.EOVERFLOW);
        }
        long treeId = search.word(0);
        if (treeId != 0 && treeId != FsTree.ID) {
            return Optional.of(Errno.ENOENT);
        }
        Mm mm = TaskStruct.current(memory.machine()).mm().orElseThrow();
        RetryLoop loop = memory.machine().retryLoop("search_ioctl");
        Copied copied = Copied.GO_ON;
        while (copied == Copied.GO_ON) {
            long left = search.bufferBytes - search.offset;
            if (faultIn(memory, mm, search.buffer + search.offset, left) != 0) {
                copied = Copied.FAULT;
                break;
            }
            tree.leaf().downRead();
            copied = copyToSk(tree.items(), memory, search);
            tree.leaf().upRead();
            loop.again(search.offset, search.found, search.next.objectId(), search.next.type(), search.next.offset());
        }
        search.key.store(NR_ITEMS_OFFSET, 4, search.found);
        return switch (copied) {
            case FAULT -> Optional.of(Errno.EFAULT);
            case OVERFLOW -> Optional.of(Errno.EOVERFLOW);
            default -> Optional.empty();
        };
    }

    /// Makes sure that what is left of the buffer can be written, at as fine a grain as the architecture needs.
    ///
    /// @return the bytes that cannot
    protected long faultIn(UserMemory memory, Mm mm, long address, long sizeBytes) {
        return memory.faultIn().faultInSubpageWriteable(mm, address, sizeBytes);
    }

    /// Copies the items that are searched for. The caller holds the lock of the leaf.
    @Models(file = "fs/btrfs/ioctl.c", symbol = "copy_to_sk")
    private Copied copyToSk(List<Item> items, UserMemory memory, Search search) {
        List<Item> rest = items.stream().filter(item -> item.key().compareTo(search.next) >= 0).toList();
        if (rest.isEmpty() || FsTree.GENERATION < search.word(40)) {
            return Copied.STOP; // btrfs_search_forward found nothing
        }
        if (FsTree.GENERATION <= search.word(48) || search.word(48) < 0) {
            for (Item item : rest) {
                search.next = item.key();
                if (item.key().compareTo(search.last()) <= 0) {
                    Optional<Copied> end = copyItem(item, memory, search);
                    if (end.isPresent()) {
                        return end.get();
                    }
                }
            }
        } else {
            search.next = rest.getLast().key();
        }
        return advanced(search);
    }

    /// Copies one item with its header.
    ///
    /// @return nothing if the next one is to follow
    private Optional<Copied> copyItem(Item item, UserMemory memory, Search search) {
        int length = item.lengthBytes();
        boolean tooLarge = HEADER_BYTES + length > search.bufferBytes;
        if (tooLarge) {
            if (search.found > 0) {
                return Optional.of(Copied.STOP);
            }
            search.bufferBytes = (long) HEADER_BYTES + length;
            length = 0; // an empty item for the first form of the call, which knows no such error
        }
        if (!tooLarge && HEADER_BYTES + length + search.offset > search.bufferBytes) {
            return Optional.of(Copied.STOP);
        }
        long at = search.buffer + search.offset;
        if (!copyToProgram(memory, at, header(item, length), HEADER_BYTES)) {
            return Optional.of(failed());
        }
        if (length > 0 && !copyToProgram(memory, at + HEADER_BYTES, item.bytes(), length)) {
            return Optional.of(failed());
        }
        search.offset += (long) HEADER_BYTES + length;
        search.found++;
        if (tooLarge) {
            return Optional.of(Copied.OVERFLOW);
        }
        return search.found >= search.wanted() ? Optional.of(Copied.STOP) : Optional.empty();
    }

    private static Content header(Item item, int length) {
        Content header = new Content((byte) 0);
        header.store(0, 8, FsTree.GENERATION);
        header.store(8, 8, item.key().objectId());
        header.store(16, 8, item.key().offset());
        header.store(24, 4, item.key().type());
        header.store(28, 4, length);
        return header;
    }

    /// {@return what a copy that failed means}
    private Copied failed() {
        return handlesFaults() ? Copied.FAULT : Copied.GO_ON;
    }

    /// {@return whether faults of a copy are handled while the leaf is locked, so that one that fails failed for good}
    protected boolean handlesFaults() {
        return false;
    }

    @Models(file = "fs/btrfs/extent_io.c", symbol = "read_extent_buffer_to_user_nofault")
    private boolean copyToProgram(UserMemory memory, long address, Content bytes, int length) {
        TaskStruct task = TaskStruct.current(memory.machine());
        if (handlesFaults()) {
            return copyOut(memory.access(), address, bytes, length);
        }
        task.pagefaultDisable();
        boolean copied = copyOut(memory.access(), address, bytes, length);
        task.pagefaultEnable();
        return copied;
    }

    private static Copied advanced(Search search) {
        Key key = search.next;
        if (key.compareTo(search.last()) >= 0) {
            return Copied.STOP;
        }
        if (key.offset() != -1) {
            search.next = new Key(key.objectId(), key.type(), key.offset() + 1);
        } else if (key.type() < 0xff) {
            search.next = new Key(key.objectId(), key.type() + 1, 0);
        } else if (key.objectId() != -1) {
            search.next = new Key(key.objectId() + 1, 0, 0);
        } else {
            return Copied.STOP;
        }
        return Copied.GO_ON;
    }

    private static boolean copyIn(UserAccess access, Content bytes, int length, long address) {
        int first = inPage(address, length);
        return access.copyFromUser(bytes, 0, address, first) == 0
                && (first == length || access.copyFromUser(bytes, first, address + first, length - first) == 0);
    }

    private static boolean copyOut(UserAccess access, long address, Content bytes, int length) {
        int first = inPage(address, length);
        return access.copyToUser(address, bytes, 0, first) == 0
                && (first == length || access.copyToUser(address + first, bytes, first, length - first) == 0);
    }

    private static int inPage(long address, int length) {
        return (int) Math.min(length, Content.SIZE - (address & Content.SIZE - 1));
    }

    /// Whichever search the command asks for.
    ///
    /// @return -ENOTTY for other commands
    @Models(file = "fs/btrfs/ioctl.c", symbol = "btrfs_ioctl")
    SysResult ioctl(FsTree tree, UserMemory memory, long command, long argument) {
        if (command == BtrfsUapi.IOC_TREE_SEARCH) {
            return treeSearch(tree, memory, argument);
        }
        return command == BtrfsUapi.IOC_TREE_SEARCH_V2 ? treeSearchV2(tree, memory, argument) : SysResult.err(Errno.ENOTTY);
    }
}
